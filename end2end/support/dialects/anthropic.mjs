// Anthropic Messages, as the vendor sends it.

/** What the scenarios want to know of a request. */
export function input(body) {
  const users = body.messages.filter((message) => message.role === 'user');
  const blocks = users.flatMap((message) => (Array.isArray(message.content) ? message.content : [textBlock(message.content)]));
  const results = blocks.filter((block) => block.type === 'tool_result');
  const texts = blocks.filter((block) => block.type === 'text');
  return { text: texts.at(-1)?.text ?? '', toolResults: results.map((block) => textOf(block.content)) };
}

export function answer(turn) {
  return {
    ...message(turn),
    content: blocks(turn).map(({ whole }) => whole),
    stop_reason: stop(turn),
    usage: { ...inputUsage(turn.usage), ...outputUsage(turn.usage) },
  };
}

export function* stream(turn) {
  yield event({
    type: 'message_start',
    message: { ...message(turn), content: [], stop_reason: null, usage: { ...inputUsage(turn.usage), output_tokens: 1 } },
  });
  yield event({ type: 'ping' });
  for (const [index, { empty, deltas }] of blocks(turn).entries()) {
    yield event({ type: 'content_block_start', index, content_block: empty });
    for (const delta of deltas) {
      yield event({ type: 'content_block_delta', index, delta });
      yield 'pause';
    }
    if (empty.type === 'text') yield 'interrupt';
    yield event({ type: 'content_block_stop', index });
  }
  const delta = { stop_reason: stop(turn), stop_sequence: null };
  yield event({ type: 'message_delta', delta, usage: outputUsage(turn.usage) });
  yield event({ type: 'message_stop' });
}

export function error({ status, message }) {
  const type = { 401: 'authentication_error', 404: 'not_found_error', 429: 'rate_limit_error', 529: 'overloaded_error' }[status];
  return {
    type: 'error',
    error: { type: type ?? (status < 500 ? 'invalid_request_error' : 'api_error'), message },
    request_id: 'req_test',
  };
}

/** Every content block, whole and in the pieces it is streamed in. */
function blocks(turn) {
  const thinking = turn.reasoning.length > 0 && {
    whole: { type: 'thinking', thinking: turn.reasoning.join(''), signature: 'c2lnbmF0dXJl' },
    empty: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...turn.reasoning.map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: 'c2lnbmF0dXJl' },
    ],
  };
  const text = {
    whole: textBlock(turn.pieces.join('')),
    empty: textBlock(''),
    deltas: turn.pieces.map((text) => ({ type: 'text_delta', text })),
  };
  const calls = turn.calls.map(({ id, name, arguments: json }) => ({
    whole: { type: 'tool_use', id, name, input: JSON.parse(json) },
    empty: { type: 'tool_use', id, name, input: {} },
    deltas: ['', ...halves(json)].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  }));
  return [...(thinking ? [thinking] : []), text, ...calls];
}

function message(turn) {
  return {
    id: `msg_${turn.id}`,
    type: 'message',
    role: 'assistant',
    model: turn.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

/** Anthropic's `input_tokens` leaves the cache out. */
function inputUsage({ input, cacheRead, cacheWrite }) {
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
  };
}

function outputUsage({ output, reasoning }) {
  return { output_tokens: output, ...(reasoning > 0 && { output_tokens_details: { thinking_tokens: reasoning } }) };
}

function stop(turn) {
  return turn.calls.length > 0 ? 'tool_use' : 'end_turn';
}

function textBlock(text) {
  return { type: 'text', text };
}

function textOf(content) {
  return Array.isArray(content) ? content.map((block) => block.text ?? '').join('') : (content ?? '');
}

function halves(text) {
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

function event(value) {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}
