// What every driver of an SDK shares.
//
// A driver is `{name, counts, reasons, converse(options)}`: `counts` are the numbers of a usage that its format can
// say, `reasons` its own words for a turn that is done and for one that wants tools. A conversation has
// `whole(text)`, `streamed(text)` and `answered(results)` (streamed, the results in the order of the calls), each
// resolving to a view of what the SDK's user sees: `{text, thinking, calls: [{id, name, arguments}], reason, usage}`.
// What fails is thrown as the SDK throws it; `failure(error)` says what its user learns of it.

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
