// The Ollama SDK's chat. It accumulates nothing: its users add the parts up, as here.
import { Ollama } from 'ollama';
import { hear, listener } from './listener.mjs';

export const name = 'ollama';
export const counts = ['prompt', 'output'];
export const reasons = { done: 'stop', tools: 'stop', limit: 'length' };
export const hasIds = false;
export const asksForThoughts = true;
export const carriesProofs = false;

export function converse({ router, key, model, system, tools = [], thinks, schema }) {
  const { heard, fetch } = listener();
  const client = new Ollama({ host: router, headers: { authorization: `Bearer ${key}` }, fetch });
  const messages = [{ role: 'system', content: system }];
  const request = () => ({
    model,
    messages,
    ...(tools.length > 0 && { tools: tools.map((tool) => ({ type: 'function', function: tool })) }),
    ...(thinks && { think: true }),
    ...(schema && { format: schema }),
  });

  async function streamed(...said) {
    messages.push(...said);
    const parts = await hear(await client.chat({ ...request(), stream: true }), heard, (part) => part.message.content);
    const all = (field) => parts.map(({ message }) => message[field] ?? '').join('');
    const tool_calls = parts.flatMap(({ message }) => message.tool_calls ?? []);
    const message = { role: 'assistant', content: all('content'), thinking: all('thinking'), tool_calls };
    messages.push(message);
    return view({ ...parts.at(-1), message });
  }

  return {
    heard,
    whole: async (content) => {
      messages.push({ role: 'user', content });
      return view(await client.chat(request()));
    },
    streamed: (content) => streamed({ role: 'user', content }),
    answered: (results) => streamed(...results.map(({ call, text }) => ({ role: 'tool', tool_name: call.name, content: text }))),
  };
}

/** In mid-stream the SDK throws a plain `Error`: it has no other. */
export function failure(error) {
  return { isOwn: error instanceof Error && !(error instanceof TypeError), status: error.status_code, message: error.message };
}

function view({ message, done_reason, prompt_eval_count, eval_count }) {
  return {
    text: message.content,
    thinking: message.thinking ?? '',
    calls: (message.tool_calls ?? []).map(({ id, function: { name, arguments: parsed } }) => ({ id, name, arguments: parsed })),
    reason: done_reason,
    usage: { prompt: prompt_eval_count, output: eval_count },
  };
}
