// The Anthropic SDK's messages.
import Anthropic from '@anthropic-ai/sdk';
import { hear, listener } from './listener.mjs';

export const name = 'anthropic';
export const counts = ['prompt', 'cacheRead', 'cacheWrite', 'output', 'reasoning'];
export const reasons = { done: 'end_turn', tools: 'tool_use', limit: 'max_tokens' };
export const hasIds = true;
export const asksForThoughts = true;
export const carriesProofs = true;

export function converse({ router, key, model, system, tools = [], thinks, schema }) {
  const { heard, fetch } = listener();
  const client = new Anthropic({ baseURL: router, apiKey: key, maxRetries: 0, fetch });
  const messages = [];
  const request = () => ({
    model,
    system,
    messages,
    max_tokens: 4096,
    ...(tools.length > 0 && { tools: tools.map(({ parameters: input_schema, ...tool }) => ({ ...tool, input_schema })) }),
    ...(thinks && { thinking: { type: 'enabled', budget_tokens: 1024 } }),
    ...(schema && { output_config: { format: { type: 'json_schema', schema } } }),
  });

  async function streamed(content) {
    messages.push({ role: 'user', content });
    const stream = client.messages.stream(request());
    await hear(stream, heard, (event) => event.delta?.text);
    const message = await stream.finalMessage();
    messages.push({ role: 'assistant', content: message.content });
    return view(message);
  }

  return {
    heard,
    whole: async (content) => {
      messages.push({ role: 'user', content });
      return view(await client.messages.create(request()));
    },
    streamed,
    answered: (results) => streamed(results.map(({ call, text }) => ({ type: 'tool_result', tool_use_id: call.id, content: text })).reverse()),
  };
}

export function failure(error) {
  return { isOwn: error instanceof Anthropic.APIError, status: error.status, message: error.message };
}

function view({ content, stop_reason, usage }) {
  const of = (type) => content.filter((block) => block.type === type);
  const cacheRead = usage.cache_read_input_tokens ?? 0;
  const cacheWrite = usage.cache_creation_input_tokens ?? 0;
  return {
    text: of('text').map((block) => block.text).join(''),
    thinking: of('thinking').map((block) => block.thinking).join(''),
    calls: of('tool_use').map(({ id, name, input }) => ({ id, name, arguments: input })),
    reason: stop_reason,
    usage: {
      prompt: usage.input_tokens + cacheRead + cacheWrite,
      cacheRead,
      cacheWrite,
      output: usage.output_tokens,
      reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
    },
  };
}
