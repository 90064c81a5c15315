// OpenAI Responses, as the vendor sends it.

/** What the scenarios want to know of a request. */
export function input(body) {
  if (typeof body.input === 'string') return { text: body.input, toolResults: [] };
  const users = body.input.filter((item) => item.role === 'user');
  const results = body.input.filter((item) => item.type === 'function_call_output');
  return { text: textOf(users.at(-1)?.content), toolResults: results.map((item) => textOf(item.output)) };
}

export function answer(turn, body) {
  const output = items(turn).map(({ done }) => done);
  return { ...response(turn, body), status: 'completed', completed_at: 1_700_000_001, output, usage: usage(turn.usage) };
}

export function* stream(turn, body) {
  let sequence = 0;
  const event = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
  const started = { ...response(turn, body), status: 'in_progress', output: [], usage: null };

  yield event('response.created', { response: started });
  yield event('response.in_progress', { response: started });
  for (const [output_index, { added, done, events }] of items(turn).entries()) {
    yield event('response.output_item.added', { output_index, item: added });
    for (const [type, fields] of events) {
      yield event(type, { item_id: done.id, output_index, ...fields });
      if (type === 'response.output_text.delta') yield 'pause';
      if (type === 'response.output_text.delta' && fields.delta === turn.pieces.at(-1)) yield 'interrupt';
    }
    yield event('response.output_item.done', { output_index, item: done });
  }
  yield event('response.completed', { response: answer(turn, body) });
}

export function error({ status, message }) {
  const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error';
  return { error: { message, type, param: null, code: status === 429 ? 'rate_limit_exceeded' : null } };
}

/** Every output item as it is added, as it is done, and the events between. */
function items(turn) {
  return [...(turn.reasoning.length > 0 ? [reasoningItem(turn)] : []), messageItem(turn), ...turn.calls.map(callItem)];
}

function reasoningItem(turn) {
  const text = turn.reasoning.join('');
  const base = { id: `rs_${turn.id}`, type: 'reasoning' };
  const part = (text) => ({ type: 'summary_text', text });
  const at = { summary_index: 0 };
  return {
    added: { ...base, summary: [] },
    done: { ...base, summary: [part(text)] },
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
  const middle = Math.floor(json.length / 2);
  return {
    added: { ...base, status: 'in_progress', arguments: '' },
    done: { ...base, status: 'completed', arguments: json },
    events: [
      ['response.function_call_arguments.delta', { delta: json.slice(0, middle) }],
      ['response.function_call_arguments.delta', { delta: json.slice(middle) }],
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

function textOf(content) {
  return Array.isArray(content) ? content.map((part) => part.text ?? '').join('') : (content ?? '');
}
