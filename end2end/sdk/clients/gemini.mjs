// The Google GenAI SDK, through its chats: they keep the history that goes back with the next message.
import { ApiError, GoogleGenAI } from '@google/genai';
import { hear, listener } from './listener.mjs';

export const name = 'google genai';
export const counts = ['prompt', 'cacheRead', 'output', 'reasoning'];
export const reasons = { done: 'STOP', tools: 'STOP', limit: 'MAX_TOKENS' };
export const hasIds = false;
export const asksForThoughts = true;
export const carriesProofs = true;

export function converse({ router, key, model, system, tools = [], thinks, schema }) {
  const { heard, fetch } = listener();
  const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: router, fetch } });
  const declarations = tools.map(({ parameters: parametersJsonSchema, ...tool }) => ({ ...tool, parametersJsonSchema }));
  const chat = client.chats.create({
    model,
    config: {
      systemInstruction: system,
      ...(tools.length > 0 && { tools: [{ functionDeclarations: declarations }] }),
      ...(thinks && { thinkingConfig: { includeThoughts: true, thinkingLevel: 'LOW' } }),
      ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
    },
  });

  async function streamed(message) {
    const before = chat.getHistory(true).length;
    const chunks = await hear(await chat.sendMessageStream({ message }), heard, textOfChunk);
    const [, ...said] = chat.getHistory(true).slice(before);
    const last = chunks.at(-1);
    return view(said.flatMap((content) => content.parts), last.candidates[0].finishReason, last.usageMetadata);
  }

  return {
    heard,
    whole: async (message) => {
      const { candidates: [{ content, finishReason }], usageMetadata } = await chat.sendMessage({ message });
      return view(content.parts, finishReason, usageMetadata);
    },
    streamed,
    answered: (results) =>
      streamed(results.map(({ call: { id, name }, text }) => ({ functionResponse: { ...(id && { id }), name, response: { output: text } } }))),
  };
}

export function failure(error) {
  const delay = /"retryDelay":\s*"([\d.]+)s"/u.exec(error.message)?.[1];
  return { isOwn: error instanceof ApiError, status: error.status, message: error.message, retryAfter: delay };
}

function textOfChunk({ candidates }) {
  return texts(candidates?.[0].content?.parts ?? [], false);
}

function view(parts, reason, usage) {
  return {
    text: texts(parts, false),
    thinking: texts(parts, true),
    calls: parts.filter((part) => part.functionCall).map(({ functionCall: { id, name, args } }) => ({ id, name, arguments: args })),
    reason,
    usage: {
      prompt: usage.promptTokenCount,
      cacheRead: usage.cachedContentTokenCount ?? 0,
      output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
      reasoning: usage.thoughtsTokenCount ?? 0,
    },
  };
}

function texts(parts, areThoughts) {
  return parts.filter(({ thought = false }) => thought === areThoughts).map(({ text = '' }) => text).join('');
}
