// Quotas: what the vendors say of the accounts, as a person sees it.
import { setStage } from '../support/stage.mjs';
import { startVendor } from '../support/vendor.mjs';
import { expect, expectAccessible, test as base, visit } from './support';

type Vendor = Awaited<ReturnType<typeof startVendor>>;

const test = base.extend<{ vendor: Vendor }>({
  vendor: async ({}, use) => {
    const vendor = await startVendor();
    await use(vendor);
    await vendor.close();
  },
  stage: async ({ vendor }, use) => {
    const stage = await setStage({ env: vendor.env });
    await use(stage);
    await stage.close();
  },
});

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();

test('nobody has a quota before somebody connects', async ({ page }) => {
  await visit(page, '/dashboard/quota');
  await expect(page.getByText('No account here has a quota')).toBeVisible();
  await expectAccessible(page);
});

test('an account tells what is left, counts down, and warns everywhere when a combo runs dry', async ({ page, context, vendor, stage }) => {
  await vendor.order({
    quota: {
      claude: {
        five_hour: { utilization: 100, resets_at: inHours(2.5) },
        seven_day: { utilization: 74, resets_at: inHours(60) },
      },
    },
  });
  await visit(page, '/dashboard/providers/claude');
  await page.getByRole('button', { name: 'Connect an account' }).click();
  const dialog = page.getByRole('dialog', { name: /^Connect an account of/ });
  const opened = context.waitForEvent('page');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await (await opened).getByRole('link', { name: 'Allow' }).click();
  await expect(dialog).toBeHidden();

  await visit(page, '/dashboard/quota');
  const card = page.getByRole('article', { name: /someone@example\.com/ });
  await expect(card.getByText('100% used')).toBeVisible({ timeout: 40_000 });
  await expect(card.getByText('74% used')).toBeVisible();
  await expect(card.getByText('Empty', { exact: true })).toBeVisible();
  await expect(card.getByText('Getting low')).toBeVisible();
  await expect(card.getByText('Nothing is left')).toBeVisible();
  const reset = card.getByText(/Resets in 2 h 2\d min/);
  await expect(reset).toBeVisible();
  await expectAccessible(page);

  await page.getByLabel('Order').selectOption('Resets first');
  await expect(page).toHaveURL(/sort=reset/);
  await page.getByLabel('Provider').selectOption('Claude Code');
  await expect(page).toHaveURL(/provider=claude/);
  await expect(card).toBeVisible();
  await card.getByRole('button', { name: /^Refresh the quota of/ }).click();
  await expect(card.getByRole('button', { name: /^Refresh the quota of/ })).toHaveText('Refresh');

  await stage.router.api('POST', '/api/combos', { name: 'thirsty', models: ['cc/claude-sonnet-4-6'] });
  await visit(page, '/dashboard/usage');
  await expect(page.getByRole('status').getByText('thirsty')).toBeVisible();
  await expectAccessible(page);
});
