// The OpenAI SDK's Responses.
import OpenAI from 'openai';
import { hear, listener } from './listener.mjs';

export const name = 'openai responses';
export const counts = ['prompt', 'cacheRead', 'cacheWrite', 'output', 'reasoning'];
export const reasons = { done: 'completed', tools: 'completed', limit: 'incomplete' };
export const hasIds = true;
export const asksForThoughts = true;
export const carriesProofs = true;

export function converse({ router, key, model, system, tools = [], thinks, schema }) {
  const { heard, fetch } = listener();
  const client = new OpenAI({ baseURL: `${router}/v1`, apiKey: key, maxRetries: 0, fetch });
  const input = [];
  const request = () => ({
    model,
    instructions: system,
    input,
    store: false,
    ...(tools.length > 0 && { tools: tools.map((tool) => ({ type: 'function', ...tool, strict: false })) }),
    ...(thinks && { reasoning: { effort: 'low', summary: 'auto' }, include: ['reasoning.encrypted_content'] }),
    ...(schema && { text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } } }),
  });

  async function streamed(...said) {
    input.push(...said);
    const stream = client.responses.stream(request());
    const events = await hear(stream, heard, (event) => (event.type === 'response.output_text.delta' ? event.delta : ''));
    const failed = events.find((event) => event.type === 'response.failed');
    if (failed) throw new Failed(failed.response.error, events.at(-1) === failed);
    const response = await stream.finalResponse();
    input.push(...response.output);
    return view(response);
  }

  return {
    heard,
    whole: async (text) => {
      input.push({ role: 'user', content: text });
      return view(await client.responses.create(request()));
    },
    streamed: (text) => streamed({ role: 'user', content: text }),
    answered: (results) =>
      streamed(...results.map(({ call, text }) => ({ type: 'function_call_output', call_id: call.id, output: text })).reverse()),
  };
}

/** The SDK throws nothing for a response that failed: its user finds an event, which must be the last. */
class Failed extends Error {
  constructor({ message }, isLast) {
    super(message);
    this.isLast = isLast;
  }
}

export function failure(error) {
  const isOwn = error instanceof OpenAI.APIError || (error instanceof Failed && error.isLast);
  return { isOwn, status: error.status, message: error.message };
}

function view({ status, output, output_text: text, usage }) {
  const of = (type) => output.filter((item) => item.type === type);
  return {
    text: text ?? of('message').flatMap(({ content }) => content.map((part) => part.text)).join(''),
    thinking: of('reasoning').flatMap(({ summary }) => summary.map((part) => part.text)).join(''),
    calls: of('function_call').map(({ call_id: id, name, arguments: json }) => ({ id, name, arguments: JSON.parse(json) })),
    reason: status,
    usage: {
      prompt: usage.input_tokens,
      cacheRead: usage.input_tokens_details.cached_tokens,
      cacheWrite: usage.input_tokens_details.cache_write_tokens,
      output: usage.output_tokens,
      reasoning: usage.output_tokens_details.reasoning_tokens,
    },
  };
}
