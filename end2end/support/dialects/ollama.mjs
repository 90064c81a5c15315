// Ollama's /api/chat, as the vendor sends it: lines of JSON, calls whole and without ids.
import { Transcript } from './transcript.mjs';

export const ROUTE = /^\/api\/chat$/u;
export const CONTENT_TYPE = 'application/x-ndjson';

export function asks({ body }) {
  return { model: body.model, stream: body.stream !== false };
}

/** What a request says, in no vendor's format. */
export function read(body) {
  const transcript = new Transcript();
  const system = [];
  for (const { role, content = '', tool_calls: calls = [], tool_name: name } of body.messages) {
    if (typeof content !== 'string') throw new Error('json: cannot unmarshal array into Go struct field of type string');
    switch (role) {
      case 'system':
        system.push(content);
        break;
      case 'user':
        transcript.user(content);
        break;
      case 'assistant':
        transcript.assistant({ text: content, calls: calls.map(call) });
        break;
      case 'tool':
        transcript.result({ name, text: content });
        break;
      default:
        throw new Error(`invalid role ${role}`);
    }
  }
  return {
    system: system.join('\n'),
    turns: transcript.end(),
    tools: (body.tools ?? []).map(({ function: { name, parameters } }) => ({ name, parameters })),
    schema: body.format,
    showsThinking: Boolean(body.think),
  };
}

/** A call of the history. Models' templates show no ids: what pairs a result is the tool's name and the order. */
function call({ function: { name, arguments: parsed } }) {
  if (typeof parsed !== 'object') throw new Error('json: cannot unmarshal string into arguments');
  return { name, arguments: parsed };
}

/** Of a usage, what this format can say: how much went in, how much came out. */
export function told({ input, cacheRead, cacheWrite, output }) {
  return { input: input + cacheRead + cacheWrite, cacheRead: 0, cacheWrite: 0, output, reasoning: 0 };
}

export function answer(turn) {
  const thinking = turn.reasoning.join('');
  const content = turn.pieces.join('');
  const tool_calls = turn.calls.map(toolCall);
  return last(turn, { content, ...(thinking !== '' && { thinking }), ...(tool_calls.length > 0 && { tool_calls }) });
}

export function* stream(turn) {
  const line = (value) => `${JSON.stringify(value)}\n`;
  const next = (message) => line(reply(turn, message, { done: false }));
  if (turn.end === 'refuse') return yield line(error(turn.failure));
  for (const thinking of turn.reasoning) yield next({ content: '', thinking });
  for (const content of turn.pieces) {
    yield next({ content });
    yield 'pause';
  }
  yield 'interrupt';
  if (turn.end === 'fail') return yield line(error(turn.failure));
  for (const [index, call] of turn.calls.entries()) {
    if (call === turn.calls.at(-1)) yield 'tear';
    yield next({ content: '', tool_calls: [toolCall(call, index)] });
  }
  yield line(last(turn, { content: '' }));
}

export function error({ message }) {
  return { error: message };
}

function last(turn, message) {
  const { input, output } = told(turn.usage);
  return reply(turn, message, {
    done: true,
    done_reason: turn.stop === 'limit' ? 'length' : 'stop',
    total_duration: 4_000_000,
    load_duration: 1_000_000,
    prompt_eval_count: input,
    prompt_eval_duration: 1_000_000,
    eval_count: output,
    eval_duration: 2_000_000,
  });
}

function reply(turn, message, fields) {
  return { model: turn.model, created_at: '2023-11-14T22:13:20.000000001Z', message: { role: 'assistant', ...message }, ...fields };
}

function toolCall({ name, arguments: json }, index) {
  return { function: { index, name, arguments: JSON.parse(json) } };
}
