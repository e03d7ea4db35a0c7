// Makes a photo small enough for a slow school network before it leaves the phone.
//
// The picture is redrawn upright on a canvas. A canvas drops EXIF, and the archive keeps the
// original with its EXIF, so the segment is carried over with its orientation set to 1.

export const LONGEST_EDGE = 2400;
const QUALITY = 0.85;
const PREVIEW_EDGE = 320;
const HEAD_BYTES = 256 * 1024; // EXIF and the frame header stand within the first segments.
const EXIF_MARK = 0x45786966;
const ORIENTATION_TAG = 0x0112;

/**
 * Return `{blob, preview}`: what to send, and a small canvas to show or null.
 *
 * What the browser cannot decode (HEIC in most of them) and what is small already is sent as it is.
 */
export async function prepare(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { blob: file, preview: null };
  }
  try {
    const preview = draw(bitmap, PREVIEW_EDGE);
    const blob = (await shrunk(file, bitmap)) || file;
    return { blob, preview };
  } finally {
    bitmap.close();
  }
}

async function shrunk(file, bitmap) {
  if (Math.max(bitmap.width, bitmap.height) <= LONGEST_EDGE) return null;
  const head = readHead(await file.slice(0, HEAD_BYTES).arrayBuffer());
  if (!isUpright(head, bitmap)) return null;
  const canvas = draw(bitmap, LONGEST_EDGE);
  const drawn = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!drawn || drawn.size >= file.size) return null;
  return head.exif ? withExif(drawn, head) : drawn;
}

function draw(bitmap, longestEdge) {
  const scale = Math.min(1, longestEdge / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // JPEG has no transparency; without this it would turn black.
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// Old browsers ignore EXIF orientation. A quarter turn shows in the size; a half turn or a mirror
// does not, so those rare photos are sent as they are.
function isUpright(head, bitmap) {
  if (head.orientation === 1) return true;
  if (head.orientation < 5) return false;
  return bitmap.width === head.height && bitmap.height === head.width;
}

function readHead(buffer) {
  const head = { exif: null, orientation: 1, orientationAt: 0, bigEndian: false, width: 0, height: 0 };
  const view = new DataView(buffer);
  try {
    if (view.getUint16(0) !== 0xffd8) return head;
    let at = 2;
    for (;;) {
      const marker = view.getUint16(at);
      const length = view.getUint16(at + 2);
      if (marker < 0xff01 || marker === 0xffda) return head;
      if (marker === 0xffe1 && view.getUint32(at + 4) === EXIF_MARK) {
        readExif(buffer.slice(at, at + 2 + length), head);
      }
      if (isFrame(marker)) {
        head.height = view.getUint16(at + 5);
        head.width = view.getUint16(at + 7);
        return head;
      }
      at += 2 + length;
    }
  } catch (error) {
    if (error instanceof RangeError) return head; // Read past the end: the file stops early.
    throw error;
  }
}

function isFrame(marker) {
  return marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
}

function readExif(segment, head) {
  const view = new DataView(segment);
  const tiff = 10; // marker, length, "Exif\0\0"
  const little = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, little);
  const entries = view.getUint16(directory, little);
  head.exif = segment;
  head.bigEndian = !little;
  for (let entry = 0; entry < entries; entry += 1) {
    const at = directory + 2 + entry * 12;
    if (view.getUint16(at, little) === ORIENTATION_TAG) {
      head.orientationAt = at + 8;
      head.orientation = view.getUint16(at + 8, little) || 1;
    }
  }
}

function withExif(drawn, head) {
  if (head.orientationAt) {
    new DataView(head.exif).setUint16(head.orientationAt, 1, !head.bigEndian);
  }
  const start = drawn.slice(0, 2);
  return new Blob([start, head.exif, drawn.slice(2)], { type: "image/jpeg" });
}
