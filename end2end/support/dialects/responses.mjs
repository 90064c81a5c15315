// OpenAI Responses, as the vendor sends it.

import { fragments, interleave, textOf, Transcript } from './transcript.mjs';

export const ROUTE = /^\/v1\/responses$/u;

/** What the vendor hands out for its own eyes only. */
const ENCRYPTED = 'gAAAAABtZW1vcnk=';

export function asks({ body }) {
  return { model: body.model, stream: body.stream === true };
}

/** What a request says, in no vendor's format. */
export function read(body) {
  const transcript = new Transcript();
  const system = body.instructions ? [body.instructions] : [];
  const items = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
  for (const item of items) {
    switch (item.type ?? 'message') {
      case 'message':
        if (item.role === 'user') transcript.user(textOf(item.content));
        else if (item.role === 'assistant') transcript.assistant({ text: textOf(item.content) });
        else system.push(textOf(item.content));
        break;
      case 'function_call':
        transcript.assistant({ calls: [{ id: item.call_id, name: item.name, arguments: JSON.parse(item.arguments) }] });
        break;
      case 'function_call_output':
        transcript.result({ id: item.call_id, text: textOf(item.output) });
        break;
      case 'reasoning':
        mustBeOurs(item, body);
        break;
      default:
        throw new Error(`unknown item ${item.type}`);
    }
  }
  return {
    system: system.join('\n'),
    turns: transcript.end(),
    tools: (body.tools ?? []).map(({ name, parameters }) => ({ name, parameters })),
    schema: body.text?.format?.schema,
    showsThinking: typeof body.reasoning?.summary === 'string',
  };
}

function mustBeOurs({ id, encrypted_content: encrypted }, { store }) {
  if (encrypted && encrypted !== ENCRYPTED) throw new Error(`the encrypted content of item ${id} could not be verified`);
  if (!encrypted && store === false) throw new Error(`item with id ${id} not found: items are not persisted when store is false`);
}

/** Of a usage, what this format can say: all of it. */
export function told(usage) {
  return usage;
}

export function answer(turn, body) {
  const output = items(turn, body).map(({ done }) => done);
  const ended = turn.stop === 'limit'
    ? { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    : { status: 'completed', completed_at: 1_700_000_001 };
  return { ...response(turn, body), ...ended, output, usage: usage(turn.usage) };
}

export function* stream(turn, body) {
  let sequence = 0;
  const event = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
  const started = { ...response(turn, body), status: 'in_progress', output: [], usage: null };

  yield event('response.created', { response: started });
  yield event('response.in_progress', { response: started });
  const failed = () => event('response.failed', { response: failedResponse(started, turn.failure) });
  if (turn.end === 'refuse') return yield failed();
  const { before, calls } = turned(turn, body);
  for (const [output_index, item] of before.entries()) {
    for (const [type, fields] of ladder(item, output_index)) {
      yield event(type, fields);
      if (type === 'response.output_text.delta') yield 'pause';
      if (type === 'response.output_text.delta' && fields.delta === turn.pieces.at(-1)) {
        yield 'interrupt';
        if (turn.end === 'fail') return yield failed();
      }
    }
  }
  const ladders = calls.map((item, index) => ladder(item, before.length + index));
  for (const [type, fields] of interleave(ladders)) {
    if (type === 'response.function_call_arguments.done') yield 'tear';
    yield event(type, fields);
  }
  const whole = answer(turn, body);
  yield event(`response.${whole.status}`, { response: whole });
}

export function error({ status, message }) {
  const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error';
  return { error: { message, type, param: null, code: status === 429 ? 'rate_limit_exceeded' : null } };
}

function failedResponse(started, { message }) {
  return { ...started, status: 'failed', error: { code: 'server_error', message } };
}

/** Every output item as it is added, as it is done, and the events between. */
function items(turn, body) {
  const { before, calls } = turned(turn, body);
  return [...before, ...calls];
}

function turned(turn, body) {
  const reasoning = turn.reasoning.length > 0 ? [reasoningItem(turn, body)] : [];
  return { before: [...reasoning, messageItem(turn)], calls: turn.calls.map(callItem) };
}

function ladder({ added, done, events }, output_index) {
  return [
    ['response.output_item.added', { output_index, item: added }],
    ...events.map(([type, fields]) => [type, { item_id: done.id, output_index, ...fields }]),
    ['response.output_item.done', { output_index, item: done }],
  ];
}

function reasoningItem(turn, body) {
  const text = turn.reasoning.join('');
  const base = { id: `rs_${turn.id}`, type: 'reasoning' };
  const part = (text) => ({ type: 'summary_text', text });
  const at = { summary_index: 0 };
  const isAsked = body.include?.includes('reasoning.encrypted_content');
  return {
    added: { ...base, summary: [] },
    done: { ...base, summary: [part(text)], ...(isAsked && { encrypted_content: ENCRYPTED }) },
    events: [
      ['response.reasoning_summary_part.added', { ...at, part: part('') }],
      ...turn.reasoning.map((delta) => ['response.reasoning_summary_text.delta', { ...at, delta }]),
      ['response.reasoning_summary_text.done', { ...at, text }],
      ['response.reasoning_summary_part.done', { ...at, part: part(text) }],
    ],
  };
}

function messageItem(turn) {
  const text = turn.pieces.join('');
  const base = { id: `msg_${turn.id}`, type: 'message', role: 'assistant' };
  const part = (text) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
  const at = { content_index: 0 };
  return {
    added: { ...base, status: 'in_progress', content: [] },
    done: { ...base, status: 'completed', content: [part(text)] },
    events: [
      ['response.content_part.added', { ...at, part: part('') }],
      ...turn.pieces.map((delta) => ['response.output_text.delta', { ...at, delta, logprobs: [] }]),
      ['response.output_text.done', { ...at, text, logprobs: [] }],
      ['response.content_part.done', { ...at, part: part(text) }],
    ],
  };
}

function callItem({ id, name, arguments: json }) {
  const base = { id: `fc_${id}`, type: 'function_call', call_id: id, name };
  return {
    added: { ...base, status: 'in_progress', arguments: '' },
    done: { ...base, status: 'completed', arguments: json },
    events: [
      ...fragments(json).map((delta) => ['response.function_call_arguments.delta', { delta }]),
      ['response.function_call_arguments.done', { name, arguments: json }],
    ],
  };
}

function response(turn, body) {
  return {
    id: `resp_${turn.id}`,
    object: 'response',
    created_at: 1_700_000_000,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: turn.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: body.reasoning?.effort ?? null, summary: null },
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: {},
  };
}

function usage({ input, cacheRead, cacheWrite, output, reasoning }) {
  const whole = input + cacheRead + cacheWrite;
  return {
    input_tokens: whole,
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: whole + output,
  };
}
