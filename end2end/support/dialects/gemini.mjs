// Gemini's generateContent, as the vendor sends it: CRLF, calls whole, thoughts counted apart.
import { textOf, Transcript } from './transcript.mjs';

export const ROUTE = /^\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent)$/u;

const SIGNATURE = 'Z2VtaW5pJ3Mgb3du';
/** The documented word for "this history came from elsewhere". */
const NO_SIGNATURE = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'];

export function asks({ path, query }) {
  const [, model, action] = ROUTE.exec(path);
  const stream = action === 'streamGenerateContent';
  if (stream && query.get('alt') !== 'sse') throw new Error('this upstream streams only with alt=sse');
  return { model, stream };
}

/** What a request says, in no vendor's format. */
export function read(body) {
  const transcript = new Transcript();
  for (const step of steps(body.contents)) {
    const calls = step.parts.filter((part) => part.functionCall);
    const results = step.parts.filter((part) => part.functionResponse);
    const text = textOf(step.parts.filter((part) => part.text !== undefined && !part.thought));
    if (step.role === 'model') {
      mustBeSigned(calls);
      transcript.assistant({ text, calls: calls.map(({ functionCall: { id, name, args = {} } }) => ({ id, name, arguments: args })) });
      continue;
    }
    for (const { functionResponse: { id, name, response } } of results) transcript.result({ id, name, text: said(response) });
    if (results.length === 0 || text !== '') transcript.user(text);
  }
  const config = body.generationConfig ?? {};
  const declarations = (body.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
  return {
    system: textOf(body.systemInstruction?.parts),
    turns: transcript.end(),
    tools: declarations.map(({ name, parameters, parametersJsonSchema }) => ({ name, parameters: parametersJsonSchema ?? parameters })),
    schema: config.responseMimeType === 'application/json' ? (config.responseJsonSchema ?? config.responseSchema) : undefined,
    showsThinking: config.thinkingConfig?.includeThoughts === true,
  };
}

/** Contents, with the neighbours of one role as one step: the vendor's SDK keeps each chunk of a stream apart. */
function steps(contents) {
  const merged = [];
  for (const { role = 'user', parts } of contents) {
    if (!(parts?.length > 0)) throw new Error('contents.parts must not be empty');
    if (merged.at(-1)?.role === role) merged.at(-1).parts.push(...parts);
    else merged.push({ role, parts: [...parts] });
  }
  return merged;
}

function mustBeSigned([first, ...siblings]) {
  if (first === undefined) return;
  const { name } = first.functionCall;
  if (!first.thoughtSignature) throw new Error(`function call ${name} is missing a thought_signature in functionCall parts`);
  const foreign = [first, ...siblings].find(({ thoughtSignature: own }) => own && own !== SIGNATURE && !NO_SIGNATURE.includes(own));
  if (foreign) throw new Error(`thought signature ${foreign.thoughtSignature} is not valid`);
}

/** A result is an object; servers and SDKs agree on `output` and `result` for plain text. */
function said(response) {
  return response.output ?? response.result ?? JSON.stringify(response);
}

/** Of a usage, what this format can say: nothing is written to a cache. */
export function told({ input, cacheRead, cacheWrite, output, reasoning }) {
  return { input: input + cacheWrite, cacheRead, cacheWrite: 0, output, reasoning };
}

export function answer(turn) {
  const text = turn.pieces.join('');
  const thoughts = turn.reasoning.length > 0 ? [{ text: turn.reasoning.join(''), thought: true }] : [];
  return response(turn, [...thoughts, ...(text === '' ? [] : [{ text }]), ...callParts(turn)], { finishReason: reason(turn) });
}

export function* stream(turn) {
  const chunk = (part, end) => `data: ${JSON.stringify(response(turn, [part], end))}\r\n\r\n`;
  const failure = () => `data: ${JSON.stringify(error(turn.failure))}\r\n\r\n`;
  if (turn.end === 'refuse') return yield failure();
  for (const text of turn.reasoning) yield chunk({ text, thought: true });
  for (const text of turn.pieces) {
    yield chunk({ text });
    yield 'pause';
  }
  yield 'interrupt';
  if (turn.end === 'fail') return yield failure();
  const parts = callParts(turn);
  for (const part of parts) {
    if (part === parts.at(-1)) yield 'tear';
    yield chunk(part);
  }
  yield chunk({ text: '' }, { finishReason: reason(turn) });
}

export function error({ status, message, retryAfter }) {
  const name = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED', 503: 'UNAVAILABLE' }[status];
  const details = status === 429 ? [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfter}s` }] : [];
  return { error: { code: status, message, status: name ?? 'INTERNAL', details } };
}

/** The vendor says when to come back in the body alone. */
export function errorHeaders() {
  return {};
}

function response(turn, parts, end = {}) {
  const { input, cacheRead, cacheWrite, output, reasoning } = turn.usage;
  const prompt = input + cacheRead + cacheWrite;
  return {
    candidates: [{ index: 0, content: { role: 'model', parts }, ...end }],
    usageMetadata: {
      promptTokenCount: prompt,
      cachedContentTokenCount: cacheRead,
      ...(end.finishReason && { candidatesTokenCount: output - reasoning, thoughtsTokenCount: reasoning }),
      totalTokenCount: prompt + (end.finishReason ? output : 0),
    },
    modelVersion: turn.model,
    responseId: turn.id,
  };
}

/** The vendor has no word of its own for a turn with calls. */
function reason(turn) {
  return turn.stop === 'limit' ? 'MAX_TOKENS' : 'STOP';
}

/** Only the first of parallel calls is signed. */
function callParts(turn) {
  return turn.calls.map(({ name, arguments: json }, index) => ({
    functionCall: { name, args: JSON.parse(json) },
    ...(index === 0 && { thoughtSignature: SIGNATURE }),
  }));
}
