// Sends one photo and says in a sentence why it did not arrive, and whether trying again may help.

const SEND_TIMEOUT = 180000;
const REFUSED = [413, 415, 422]; // The file itself: sending it once more would not help.
const WORTH_RETRYING = [0, 408, 425, 429, 500, 502, 503, 504];

class SendError extends Error {
  constructor(message, again, refused = false) {
    super(message);
    this.again = again;
    this.refused = refused;
  }
}

/**
 * Post a photo; `done` gets the answer's JSON, `fail` a SendError. Returns the request, to abort.
 * `csrf` is given where the page's own token may be old.
 */
export function sendPhoto(url, body, progress, done, fail, csrf = csrfToken()) {
  const request = new XMLHttpRequest();
  request.open("POST", url);
  request.timeout = SEND_TIMEOUT;
  request.setRequestHeader("X-CSRFToken", csrf);
  request.setRequestHeader("Accept", "application/json");
  request.upload.onprogress = progress;
  request.onload = () => settleAnswer(request, done, fail);
  request.onerror = () => fail(new SendError("没有连上学校网络，照片还没传上去", true));
  request.ontimeout = () => fail(new SendError("网络太慢，照片还没传上去", true));
  request.onabort = () => fail(new SendError("已停止上传", false));
  request.send(body);
  return request;
}

function settleAnswer(request, done, fail) {
  let answer = null;
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    answer = null; // An error page of the server, or the sign-in page after the session ended.
  }
  const { status } = request;
  if (status === 200 && answer && answer.id !== undefined) {
    done(answer);
    return;
  }
  const told = answer && answer.error ? answer.error : sentenceFor(status);
  fail(new SendError(told, WORTH_RETRYING.includes(status), REFUSED.includes(status)));
}

function sentenceFor(status) {
  if (status === 413) return "照片太大，请在手机相册里缩小后再选";
  if (status === 200 || status === 401) return "登录已过期，请另开一页登录后再点“重试”";
  if (status === 400 || status === 403) return "没有上传成功，请刷新页面后再选一次";
  return "学校电脑没有回应，照片还没传上去";
}

function csrfToken() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  return meta ? meta.content : "";
}
