"""The panel: Flask on top of the gates and the write path."""
