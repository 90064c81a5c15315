// How accounts are chosen, what they may spend, how long they are waited for.
import OpenAI from 'openai';
import { expect, expectAccessible, test, visit } from './support';

test('the order of accounts is set for all, and for one provider', async ({ page, stage }) => {
  await stage.router.addAccount({ provider: stage.nodes.oc.id, apiKey: 'upstream-key-second', name: 'second' });
  await visit(page, '/dashboard/endpoint');
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Settings');
  const order = page.getByRole('region', { name: 'Which account is asked first' });
  await expect(order.getByLabel('Order')).toHaveValue('fill-first');
  await expectAccessible(page);

  await order.getByLabel('Order').selectOption('Round robin');
  await order.getByLabel('Requests in a row').fill('many');
  await order.getByRole('button', { name: 'Save the order' }).click();
  await expect(order.getByText('Expected a whole number, found `many`.')).toBeVisible();
  await expectAccessible(page);
  await order.getByLabel('Requests in a row').fill('1');
  await order.getByLabel('Keep all of them').check();
  await order.getByRole('button', { name: 'Save the order' }).click();
  await expect(page.getByText('The order of accounts is saved.')).toBeVisible();
  expect(await settings(stage)).toMatchObject({
    fallbackStrategy: 'round-robin', stickyRoundRobinLimit: 1, conversations: 'stay',
  });

  const providers = page.getByRole('region', { name: 'Providers with an order of their own' });
  await expect(providers.getByLabel('Chat house').locator('option').first()).toHaveText('As everywhere (Round robin)');
  await providers.getByLabel('Chat house').selectOption('Weighted');
  await providers.getByLabel('Weight of second').fill('3');
  await providers.getByRole('button', { name: 'Save the providers' }).click();
  await expect(page.getByText('The orders of the providers are saved.')).toBeVisible();
  await expectAccessible(page);
  const set = await settings(stage);
  expect(set.providerStrategies).toEqual({ [stage.nodes.oc.id]: { fallbackStrategy: 'weighted' } });
  expect(Object.values(set.accountWeights)).toEqual([3]);

  // It is still there for whoever comes again.
  await visit(page, '/dashboard/settings');
  await expect(providers.getByLabel('Weight of second')).toHaveValue('3');
  await expect(order.getByLabel('Keep all of them')).toBeChecked();
});

test.describe('with refusals', () => {
  test.use({ tolerated: /the server responded with a status of 4\d\d/ });

  test('timeouts are set in seconds, and taken back', async ({ page, stage }) => {
    await visit(page, '/dashboard/settings');
    const timeouts = page.getByRole('region', { name: 'Timeouts' });
    await timeouts.getByLabel('Silence').fill('0.01');
    await timeouts.getByRole('button', { name: 'Save the timeouts' }).click();
    await expect(timeouts.getByText('Expected a number of milliseconds from 100 to 3600000, found 10.')).toBeVisible();
    await timeouts.getByLabel('Silence').fill('45.5');
    await timeouts.getByRole('button', { name: 'Save the timeouts' }).click();
    await expect(page.getByText('The timeouts are saved.')).toBeVisible();
    expect((await settings(stage)).timeouts).toEqual({ connectMs: null, firstByteMs: null, idleMs: 45_500 });
    await timeouts.getByLabel('Silence').fill('');
    await timeouts.getByRole('button', { name: 'Save the timeouts' }).click();
    await expect.poll(async () => (await settings(stage)).timeouts.idleMs).toBeNull();
  });

  test('the day of budgets begins by the clocks of a place', async ({ page, stage }) => {
    await visit(page, '/dashboard/settings');
    const budgets = page.getByRole('region', { name: 'Budgets' });
    const zone = budgets.getByLabel('The day begins at midnight in');
    await expect(zone).toHaveValue('UTC');
    await zone.fill('Middle/Earth');
    await budgets.getByRole('button', { name: 'Save' }).click();
    await expect(budgets.getByText(/Expected the name of a time zone/)).toBeVisible();
    await expectAccessible(page);
    await zone.fill('America/New_York');
    await budgets.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Days of budgets begin at midnight in America/New_York now.')).toBeVisible();
    expect((await settings(stage)).budgetZone).toBe('America/New_York');
  });

  test('a budget is set, used up, changed and taken away', async ({ page, stage }) => {
    await visit(page, '/dashboard/settings');
    const budgets = page.getByRole('region', { name: 'Budgets' });
    await expect(budgets.getByText('No budget yet.')).toBeVisible();
    await budgets.getByRole('button', { name: 'Set a budget' }).click();
    const dialog = page.getByRole('dialog', { name: 'Set a budget' });
    await dialog.getByLabel('Budget of').selectOption('Chat house');
    await dialog.getByLabel('How much').fill('a lot');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(dialog.getByText('Expected dollars, such as 5 or 0.50, found `a lot`.')).toBeVisible();
    await expectAccessible(page);
    await dialog.getByLabel('What is counted').selectOption('Tokens');
    await dialog.getByLabel('How much').fill('1');
    await dialog.getByLabel('In how long').selectOption('Per month');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(dialog).toBeHidden();
    await expect(budgets.getByText('0 of 1 token per month')).toBeVisible();
    await expectAccessible(page);

    const client = new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
    const ask = () => client.chat.completions.create({ model: 'oc/echo', messages: [{ role: 'user', content: 'Hello' }] });
    await ask();
    const refused = await ask().catch((error) => error);
    expect(refused.status).toBe(429);
    expect(refused.message).toContain("its provider's budget of 1 token per month is used up");

    await visit(page, '/dashboard/settings');
    await expect(budgets.getByText('Used up', { exact: true })).toBeVisible();
    await budgets.getByRole('button', { name: 'Change the budget of Chat house' }).click();
    const change = page.getByRole('dialog', { name: 'Change the budget of Chat house' });
    await change.getByLabel('How much').fill('100000');
    await change.getByRole('button', { name: 'Save' }).click();
    await expect(budgets.getByText('Used up', { exact: true })).toBeHidden();
    await ask();

    await budgets.getByRole('button', { name: 'Take away the budget of Chat house' }).click();
    await page.getByRole('button', { name: 'Take it away' }).click();
    await expect(budgets.getByText('No budget yet.')).toBeVisible();
  });
});

test('a shorter time for usage is asked about before it is kept', async ({ page, stage }) => {
  const kept = () => stage.router.api('GET', '/api/settings/usage-retention');
  await visit(page, '/dashboard/settings');
  const retention = page.getByRole('region', { name: 'How long usage is kept' });
  const save = () => retention.getByRole('button', { name: 'Save how long' }).click();
  await expect(retention.getByLabel('Requests, in days')).toHaveValue('365');
  await expect(retention.getByLabel('Sums, in days')).toHaveValue('');
  await retention.getByLabel('Sums, in days').fill('30');
  await save();
  await expect(retention.getByText('Expected sums to be kept at least as long as the requests they are made of.')).toBeVisible();
  await expectAccessible(page);

  await retention.getByLabel('Requests, in days').fill('30');
  await retention.getByLabel('Sums, in days').fill('');
  await save();
  const question = page.getByRole('dialog', { name: 'Delete what is older?' });
  await expect(question.getByText('Requests that are older than 30 days are deleted for good, now and from now on. Their sums stay.')).toBeVisible();
  await expectAccessible(page);
  await question.getByRole('button', { name: 'Cancel' }).click();
  expect(await kept()).toEqual({ request_days: 365, sum_days: null });
  await save();
  await question.getByRole('button', { name: 'Delete what is older' }).click();
  await expect(page.getByText('It is saved for how long usage is kept.')).toBeVisible();
  await expect(question).toBeHidden();
  expect(await kept()).toEqual({ request_days: 30, sum_days: null });

  // A longer time deletes nothing and needs no question.
  await retention.getByLabel('Requests, in days').fill('');
  await save();
  await expect.poll(kept).toEqual({ request_days: null, sum_days: null });
  await visit(page, '/dashboard/settings');
  await expect(retention.getByLabel('Requests, in days')).toHaveValue('');
});

async function settings(stage: { router: { api: (method: string, path: string) => Promise<any> } }) {
  return stage.router.api('GET', '/api/settings');
}
