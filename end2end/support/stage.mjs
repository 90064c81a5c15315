// A router with three providers behind it, all of them the same scripted upstream:
// `oc/…` speaks chat completions, `or/…` Responses, `an/…` Anthropic.
import { startRouter } from './router.mjs';
import { startUpstream } from './upstream.mjs';

export const UPSTREAM_KEYS = { oc: 'upstream-key-chat', or: 'upstream-key-responses', an: 'upstream-key-anthropic' };

const NODES = [
  { prefix: 'oc', name: 'Chat house', kind: 'openai-compatible', apiType: 'chat' },
  { prefix: 'or', name: 'Responses house', kind: 'openai-compatible', apiType: 'responses' },
  { prefix: 'an', name: 'Messages house', kind: 'anthropic-compatible' },
];

/** Sets the stage; `close()` ends both programs and fails if the router ended badly. */
export async function setStage(options) {
  const upstream = await startUpstream();
  const router = await startRouter(options).catch(async (error) => {
    await upstream.close();
    throw error;
  });
  const nodes = {};
  for (const node of NODES) {
    nodes[node.prefix] = await router.addNode({ ...node, baseUrl: upstream.url });
    const account = { provider: nodes[node.prefix].id, apiKey: UPSTREAM_KEYS[node.prefix], name: `${node.name} account` };
    await router.addAccount(account);
  }
  const key = await router.addKey('tests');
  return {
    upstream,
    router,
    nodes,
    key,
    async close() {
      await router.stop().finally(() => upstream.close());
    },
  };
}
