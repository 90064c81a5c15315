// Anthropic Messages, as the vendor sends it.

import { fragments, textOf, Transcript } from './transcript.mjs';

export const ROUTE = /^\/v1\/messages$/u;

const SIGNATURE = 'c2lnbmF0dXJl';

export function asks({ body }) {
  return { model: body.model, stream: body.stream === true };
}

/** What a request says, in no vendor's format. */
export function read(body) {
  mustBeWhole(body);
  const transcript = new Transcript();
  for (const { role, content } of body.messages) {
    const blocks = typeof content === 'string' ? [textBlock(content)] : content;
    if (blocks.some((block) => block.type === 'text' && block.text === '')) throw new Error('text content blocks must be non-empty');
    const of = (type) => blocks.filter((block) => block.type === type);
    if (role === 'assistant') {
      const foreign = of('thinking').find((block) => block.signature !== SIGNATURE);
      if (foreign) throw new Error(`invalid signature ${foreign.signature} in thinking block`);
      transcript.assistant({ text: textOf(of('text')), calls: of('tool_use').map(call) });
      continue;
    }
    for (const { tool_use_id: id, content } of of('tool_result')) transcript.result({ id, text: textOf(content) });
    if (of('text').length > 0) transcript.user(textOf(of('text')));
  }
  return {
    system: textOf(body.system),
    turns: transcript.end(),
    tools: (body.tools ?? []).map(({ name, input_schema: parameters }) => ({ name, parameters })),
    schema: body.output_config?.format?.schema,
    forced: body.tool_choice?.type === 'tool' ? body.tool_choice.name : undefined,
    showsThinking: ['enabled', 'adaptive'].includes(body.thinking?.type) && body.thinking.display !== 'omitted',
  };
}

/** What the server insists on before it reads a word. */
function mustBeWhole({ max_tokens: most, messages, thinking }) {
  if (!Number.isInteger(most)) throw new Error('max_tokens: field required');
  if (messages[0]?.role !== 'user') throw new Error('messages: first message must use the user role');
  if (thinking?.type !== 'enabled') return;
  if (!(thinking.budget_tokens >= 1024 && thinking.budget_tokens < most)) throw new Error('thinking.budget_tokens does not fit max_tokens');
  const last = messages.findLast(({ role }) => role === 'assistant')?.content;
  const uses = Array.isArray(last) && last.some((block) => block.type === 'tool_use');
  if (uses && !last[0].type.endsWith('thinking')) throw new Error(`expected thinking before ${last[0].type} when thinking is enabled`);
}

/** A call of the history. */
function call({ id, name, input }) {
  if (!/^[A-Za-z0-9_-]{1,64}$/u.test(id)) throw new Error(`tool_use.id ${id} does not match the pattern`);
  return { id, name, arguments: input };
}

/** Of a usage, what this format can say: all of it. */
export function told(usage) {
  return usage;
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
  if (turn.end === 'refuse') return yield event(error(turn.failure));
  const last = blocks(turn).length - 1;
  for (const [index, { empty, deltas }] of blocks(turn).entries()) {
    yield event({ type: 'content_block_start', index, content_block: empty });
    for (const delta of deltas) {
      if (index === last && delta === deltas.at(-1)) yield 'tear';
      yield event({ type: 'content_block_delta', index, delta });
      yield 'pause';
    }
    if (empty.type === 'text') {
      yield 'interrupt';
      if (turn.end === 'fail') return yield event(error(turn.failure));
    }
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
    whole: { type: 'thinking', thinking: turn.reasoning.join(''), signature: SIGNATURE },
    empty: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...turn.reasoning.map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: SIGNATURE },
    ],
  };
  const text = turn.pieces.length > 0 && {
    whole: textBlock(turn.pieces.join('')),
    empty: textBlock(''),
    deltas: turn.pieces.map((text) => ({ type: 'text_delta', text })),
  };
  const calls = turn.calls.map(({ id, name, arguments: json }) => ({
    whole: { type: 'tool_use', id, name, input: JSON.parse(json) },
    empty: { type: 'tool_use', id, name, input: {} },
    deltas: ['', ...fragments(json)].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  }));
  return [thinking, text, ...calls].filter(Boolean);
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
  return { done: 'end_turn', tools: 'tool_use', limit: 'max_tokens' }[turn.stop];
}

function textBlock(text) {
  return { type: 'text', text };
}

function event(value) {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}
