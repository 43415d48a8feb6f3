/**
 * Remembers the last answer of a pure function of a text. Requests in a row ask about the same few texts: most of all the host.
 */
export function rememberLast<T>(answer: (text: string) => T): (text: string) => T {
  let lastText = '';
  let lastAnswer = answer(lastText);
  return (text) => {
    if (text === lastText) return lastAnswer;
    lastAnswer = answer(text);
    lastText = text;
    return lastAnswer;
  };
}
