// What every driver of an SDK shares.
//
// A driver says of its format
//   `counts`           which numbers of a usage it has,
//   `reasons`          its words for a turn that is done, that wants tools, and that met a limit,
//   `hasIds`           whether its calls must have ids,
//   `asksForThoughts`  whether it can ask to be shown what the model thinks,
//   `carriesProofs`    whether it has a place for what vendors sign their thoughts with.
// `converse` begins a conversation: `whole(text)`, `streamed(text)` and `answered(results)` (streamed; the results in
// the order of the calls) resolve to what the SDK's user sees, `{text, thinking, calls: [{id, name, arguments}],
// reason, usage}`. What fails is thrown as the SDK throws it; `failure(error)` is what its user learns of it.

/** A `fetch` that remembers what no SDK shows: when to come back. */
export function listener() {
  const heard = { retryAfter: null };
  return {
    heard,
    fetch: async (...request) => {
      const response = await fetch(...request);
      heard.retryAfter = response.headers.get('retry-after');
      return response;
    },
  };
}

/** All texts of an async iterable's items, as they come: `heard` is right even when it breaks off. */
export async function hear(iterable, heard, textOf) {
  const items = [];
  heard.text = '';
  for await (const item of iterable) {
    items.push(item);
    heard.text += textOf(item) ?? '';
  }
  return items;
}
