// What the scripted upstream says, chosen by the beginning of the model's name:
//
//   echo       repeats the last thing the user said
//   tools      calls two tools; once it sees their results, it answers with text
//   think      reasons, then answers
//   slow       like echo, a word every 100 ms
//   cut        breaks the connection off in the middle
//   hang       falls silent in the middle and keeps the connection open
//   error-NNN  refuses with that status (429 with `retry-after`)

const WORDS = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen'.split(' ');

/** One turn of the conversation, in no vendor's format. */
export function turnFor({ body, number, input }) {
  const model = body.model;
  const turn = {
    id: `reply${number}`,
    model,
    reasoning: [],
    pieces: pieces(`echo: ${input.text}`),
    calls: [],
    pause: 0,
    end: 'complete',
    // Every request reports other figures, so that a sum that is right is right for one reason.
    usage: { input: 100 + number, cacheRead: 30 * number, cacheWrite: 0, output: 20 + number, reasoning: 0 },
  };
  const [scenario] = model.split('-');
  switch (scenario) {
    case 'echo':
      return turn;
    case 'tools':
      return input.toolResults.length > 0
        ? { ...turn, pieces: pieces(`the tools said: ${input.toolResults.join(' and ')}`) }
        : { ...turn, pieces: pieces('Let me look.'), calls: weatherCalls(number) };
    case 'think':
      return {
        ...turn,
        reasoning: pieces('First I think about it.'),
        usage: { ...turn.usage, cacheWrite: 7, output: 60 + number, reasoning: 40 },
      };
    case 'slow':
      return { ...turn, pieces: WORDS.map((word) => `${word} `), pause: 100 };
    case 'cut':
    case 'hang':
      return { ...turn, pieces: ['so far ', 'so good'], end: scenario };
    case 'error': {
      const status = Number(model.split('-')[1]);
      return { ...turn, error: { status, retryAfter: 7, message: `the upstream's own words about ${status}` } };
    }
    default:
      return { ...turn, error: { status: 404, message: `the model ${model} does not exist` } };
  }
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
