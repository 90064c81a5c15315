// The OpenAI SDK's chat completions.
import OpenAI from 'openai';
import { hear, listener } from './listener.mjs';

export const name = 'openai chat';
export const counts = ['prompt', 'cacheRead', 'cacheWrite', 'output', 'reasoning'];
export const reasons = { done: 'stop', tools: 'tool_calls', limit: 'length' };
export const hasIds = true;
export const asksForThoughts = false;
export const carriesProofs = false;

export function converse({ router, key, model, system, tools = [], thinks, schema }) {
  const { heard, fetch } = listener();
  const client = new OpenAI({ baseURL: `${router}/v1`, apiKey: key, maxRetries: 0, fetch });
  const messages = [{ role: 'system', content: system }];
  const request = () => ({
    model,
    messages,
    ...(tools.length > 0 && { tools: tools.map((tool) => ({ type: 'function', function: tool })) }),
    ...(thinks && { reasoning_effort: 'low' }),
    ...(schema && { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } } }),
  });

  async function streamed(...said) {
    messages.push(...said);
    const stream = client.chat.completions.stream({ ...request(), stream_options: { include_usage: true } });
    const delta = (chunk) => chunk.choices[0]?.delta;
    const chunks = await hear(stream, heard, (chunk) => delta(chunk)?.content);
    // The field is no part of OpenAI's format, so the SDK's final object keeps only its last fragment.
    const thinking = chunks.map((chunk) => delta(chunk)?.reasoning_content ?? '').join('');
    const completion = await stream.finalChatCompletion();
    messages.push(completion.choices[0].message);
    return { ...view(completion), thinking };
  }

  return {
    heard,
    whole: async (text) => {
      messages.push({ role: 'user', content: text });
      return view(await client.chat.completions.create(request()));
    },
    streamed: (text) => streamed({ role: 'user', content: text }),
    answered: (results) => streamed(...results.map(({ call, text }) => ({ role: 'tool', tool_call_id: call.id, content: text })).reverse()),
  };
}

export function failure(error) {
  return { isOwn: error instanceof OpenAI.APIError, status: error.status, message: error.message };
}

function view({ choices: [{ message, finish_reason }], usage }) {
  return {
    text: message.content ?? '',
    thinking: message.reasoning_content ?? '',
    calls: (message.tool_calls ?? []).map(({ id, function: { name, arguments: json } }) => ({ id, name, arguments: JSON.parse(json) })),
    reason: finish_reason,
    usage: {
      prompt: usage.prompt_tokens,
      cacheRead: usage.prompt_tokens_details?.cached_tokens ?? 0,
      cacheWrite: usage.prompt_tokens_details?.cache_write_tokens ?? 0,
      output: usage.completion_tokens,
      reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    },
  };
}
