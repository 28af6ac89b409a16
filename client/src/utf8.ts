/** Bytes that a text takes as UTF-8. A lone surrogate counts as the three bytes of the replacement character it is sent as. */
export function utf8SizeBytes(text: string): number {
  let sizeBytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      sizeBytes += 1;
    } else if (unit < 0x800) {
      sizeBytes += 2;
    } else if (isHigh(unit) && isLow(text.charCodeAt(index + 1))) {
      sizeBytes += 4;
      index += 1;
    } else {
      sizeBytes += 3;
    }
  }
  return sizeBytes;
}

/** Whether a text takes more bytes than that. Counts only when its length alone does not tell. */
export function exceedsUtf8(text: string, sizeBytesMax: number): boolean {
  if (text.length * 3 <= sizeBytesMax) {
    return false;
  }
  return text.length > sizeBytesMax || utf8SizeBytes(text) > sizeBytesMax;
}

/** The longest beginning of a text that takes at most so many bytes, no character cut in two. */
export function truncateUtf8(text: string, sizeBytesMax: number): string {
  if (!exceedsUtf8(text, sizeBytesMax)) {
    return text;
  }
  let sizeBytes = 0;
  let end = 0;
  for (const character of text.slice(0, sizeBytesMax)) {
    sizeBytes += utf8SizeBytes(character);
    if (sizeBytes > sizeBytesMax) {
      break;
    }
    end += character.length;
  }
  return text.slice(0, end);
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
