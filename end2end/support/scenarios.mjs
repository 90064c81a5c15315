// What the scripted upstream says, chosen by a word in the model's name, alone (`echo`) or behind the name of a
// family that a router may know (`claude-sonnet-4-5-echo`):
//
//   echo       repeats the last thing the user said
//   tools      calls two tools; once it sees their results, it answers with text
//   think      reasons, then answers
//   agent      reasons if it is asked to show it, says a sentence and calls two tools; then as `tools`
//   limit      like echo, but says that the limit of tokens was reached
//   torn       stops in the middle of its second call's arguments, as if that were all
//   schema     answers with JSON, in the call of a tool if one is forced
//   slow       like echo, a word every 100 ms
//   cut        breaks the connection off in the middle
//   short      ends its stream in the middle, as if that were all
//   hang       falls silent in the middle and keeps the connection open
//   fail       reports an error in the middle of its stream
//   refuse     begins its stream with an error
//   error-NNN  refuses with that status (429 says when to come back)

import { fragments } from './dialects/transcript.mjs';

/** What an upstream says that fails in the middle. */
export const FAILURE = "the upstream's own words in mid-stream";

const SCENARIOS = ['echo', 'tools', 'think', 'agent', 'limit', 'torn', 'schema', 'slow', 'cut', 'short', 'hang', 'fail', 'refuse', 'error'];
const WORDS = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen'.split(' ');

/** One turn of the conversation, in no vendor's format. */
export function turnFor({ model, number, said }) {
  const turn = {
    id: `reply${number}`,
    model,
    reasoning: [],
    pieces: pieces(`echo: ${said.turns.findLast(({ role }) => role === 'user')?.text}`),
    calls: [],
    pause: 0,
    stop: 'done',
    end: 'complete',
    // Every request reports other figures, so that a sum that is right is right for one reason.
    usage: { input: 100 + number, cacheRead: 30 * number, cacheWrite: 0, output: 20 + number, reasoning: 0 },
  };
  const [scenario, status] = scenarioOf(model);
  switch (scenario) {
    case 'echo':
      return turn;
    case 'tools':
      return { ...turn, ...afterTools(said, number) };
    case 'agent':
      return { ...turn, ...afterTools(said, number), ...(said.showsThinking && thoughts(turn)) };
    case 'think':
      return { ...turn, ...thoughts(turn) };
    case 'limit':
      return { ...turn, stop: 'limit' };
    case 'torn':
      return { ...turn, ...afterTools(said, number), end: 'torn' };
    case 'schema':
      return { ...turn, ...structured(said, number) };
    case 'slow':
      return { ...turn, pieces: WORDS.map((word) => `${word} `), pause: 100 };
    case 'cut':
    case 'short':
    case 'hang':
    case 'fail':
    case 'refuse':
      return { ...turn, pieces: ['so far ', 'so good'], end: scenario, failure: { status: 503, message: FAILURE } };
    case 'error':
      return { ...turn, error: { status: Number(status), retryAfter: 7, message: `the upstream's own words about ${status}` } };
    default:
      return { ...turn, error: { status: 404, message: `the model ${model} does not exist` } };
  }
}

/** The scenario, and what follows it in the name. */
function scenarioOf(model) {
  const words = model.split('-');
  return words.slice(Math.max(0, words.findIndex((word) => SCENARIOS.includes(word))));
}

/** Two calls, and once their results are there, an answer. */
function afterTools({ turns }, number) {
  const results = turns.flatMap(({ calls = [] }) => calls.map(({ result }) => result));
  if (results.length > 0) return { pieces: pieces(`the tools said: ${results.join(' and ')}`) };
  return { pieces: pieces('Let me look.'), calls: weatherCalls(number), stop: 'tools' };
}

/** An answer that keeps to a schema. */
function structured({ forced }, number) {
  const json = '{"city":"Paris","degrees":21}';
  if (forced) return { pieces: [], calls: [{ id: `call_${number}`, name: forced, arguments: json }], stop: 'tools' };
  return { pieces: fragments(json) };
}

function thoughts({ usage }) {
  const reasoning = pieces('First I think about it.');
  return { reasoning, usage: { ...usage, cacheWrite: 7, output: usage.output + 40, reasoning: 40 } };
}

function weatherCalls(number) {
  return ['Paris', 'Oslo'].map((city, index) => ({
    id: `call_${number}_${index}`,
    name: 'get_weather',
    arguments: JSON.stringify({ city, unit: 'celsius' }),
  }));
}

/** Splits a text as a tokenizer would, in more than one place. */
export function pieces(text) {
  return text.match(/\s?\S+/gu) ?? [text];
}
