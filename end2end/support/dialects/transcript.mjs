// A conversation as an upstream reads it out of a request: the same shape from every format.
//
// What a vendor's server would refuse, the reader refuses: an upstream that accepted everything would prove nothing.

/** `{role: 'user', text}` and `{role: 'assistant', text, calls: [{name, arguments, result}]}`, in order. */
export class Transcript {
  #turns = [];
  #open = [];

  user(text) {
    this.#mustBeAnswered();
    this.#turns.push({ role: 'user', text });
  }

  /** Neighbours are one turn: some formats cut it into several messages. */
  assistant({ text = '', calls = [] }) {
    const last = this.#turns.at(-1);
    const goesOn = last?.role === 'assistant' && last.calls.every((call) => call.result === undefined);
    if (!goesOn) this.#mustBeAnswered();
    const turn = goesOn ? last : { role: 'assistant', text: '', calls: [] };
    if (!goesOn) this.#turns.push(turn);
    turn.text += text;
    for (const { id, name, arguments: parsed } of calls) {
      if (id !== undefined && this.#open.some((open) => open.id === id)) throw new Error(`two tool calls have the id ${id}`);
      const call = { name, arguments: parsed, result: undefined };
      turn.calls.push(call);
      this.#open.push({ id, name, call });
    }
  }

  /** By id where the calls have one, else the first open call of that name. */
  result({ id, name, text }) {
    const byId = this.#open.findIndex((open) => open.id !== undefined && open.id === id);
    const byName = this.#open.findIndex((open) => (open.id === undefined || id === undefined) && open.name === name);
    const at = byId >= 0 ? byId : byName;
    if (at < 0) throw new Error(`no tool call awaits the result ${id ?? name}`);
    const [{ call }] = this.#open.splice(at, 1);
    call.result = text;
  }

  /** The turns, once every call has its result. */
  end() {
    this.#mustBeAnswered();
    return this.#turns;
  }

  #mustBeAnswered() {
    if (this.#open.length === 0) return;
    throw new Error(`tool calls without a result: ${this.#open.map(({ id, name }) => id ?? name).join(', ')}`);
  }
}

/** Of the parts of a content, or of a plain string, the text. */
export function textOf(content) {
  return Array.isArray(content) ? content.map((part) => part.text ?? '').join('') : (content ?? '');
}

/** A text in fragments that respect nothing but characters. */
export function fragments(text, length = 7) {
  return text.match(new RegExp(`.{1,${length}}`, 'gsu')) ?? [];
}

/** One of each list in turn, until all are used up. */
export function interleave(lists) {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.filter((list) => at < list.length).map((list) => list[at])).flat();
}
