// Accounts that log in, connected as a person connects them: every provider, every way, and what can go wrong.
import type { BrowserContext, Locator, Page } from '@playwright/test';
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

// The browser itself notes a request that was refused: a slip in a form, an answer without its login.
test.use({ tolerated: /status of (404|422)/ });

const PERSON = 'someone@example.com';

/** Opens the dialog on a provider's page. */
async function begin(page: Page, provider: string): Promise<Locator> {
  await visit(page, `/dashboard/providers/${provider}`);
  await page.getByRole('button', { name: 'Connect an account' }).click();
  return page.getByRole('dialog', { name: /^Connect an account of/ });
}

/** Goes on, and gives back the window that opens. */
async function leave(context: BrowserContext, dialog: Locator): Promise<Page> {
  const opened = context.waitForEvent('page');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  const vendor = await opened;
  await vendor.getByRole('link', { name: 'Allow' }).waitFor();
  return vendor;
}

function row(page: Page): Locator {
  return page.getByRole('region', { name: 'Accounts' }).getByRole('listitem');
}

for (const [provider, name] of [
  ['claude', /someone@example\.com/],
  ['gemini-cli', /someone@example\.com/],
  ['antigravity', /someone@example\.com/],
  ['iflow', /Someone/],
] as const) {
  test(`${provider} connects in the browser, which comes back by itself`, async ({ page, context }) => {
    const dialog = await begin(page, provider);
    const vendor = await leave(context, dialog);
    await expect(dialog.getByText('Waiting for the page to come back…')).toBeVisible();
    await vendor.getByRole('link', { name: 'Allow' }).click();
    await expect(dialog).toBeHidden();
    await expect(row(page).getByText(name).first()).toBeVisible();
    await expect(row(page).getByText('Working')).toBeVisible();
    // The window has done its work and is gone.
    await expect.poll(() => vendor.isClosed()).toBe(true);
  });
}

test('codex connects by pasting the address that the browser could not open', async ({ page, context }) => {
  const dialog = await begin(page, 'codex');
  await expect(dialog.getByText(/OpenAI/).first()).toBeVisible();
  const vendor = await leave(context, dialog);
  const address = await vendor.getByRole('link', { name: 'Allow' }).getAttribute('href');
  expect(address).toContain('http://localhost:1455/auth/callback');
  await vendor.close();
  const trouble = dialog.getByText('It does not come back?');
  if (await trouble.isVisible()) await trouble.click();
  await expectAccessible(page);
  await dialog.getByLabel('Address or code').fill('two words');
  await dialog.getByRole('button', { name: 'Finish' }).click();
  await expect(dialog.getByText(/Expected the address of the page/)).toBeVisible();
  await dialog.getByLabel('Address or code').fill(address!);
  await dialog.getByRole('button', { name: 'Finish' }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page).getByText('plan plus')).toBeVisible();
});

for (const provider of ['github', 'qwen', 'kimi-coding', 'kiro']) {
  test(`${provider} connects with a code that is typed elsewhere`, async ({ page, vendor }) => {
    const dialog = await begin(page, provider);
    await dialog.getByRole('button', { name: 'Continue' }).click();
    const code = (await dialog.getByLabel('Code', { exact: true }).textContent())!;
    await expect(dialog.getByRole('link', { name: 'Open the page' })).toHaveAttribute('href', new RegExp(code));
    if (provider === 'github') await expectAccessible(page);
    await vendor.order({ allow: code });
    await expect(dialog).toBeHidden({ timeout: 15_000 });
    await expect(row(page).getByText('Working')).toBeVisible();
  });
}

test('kiro connects through an organisation, by its own address, and by import', async ({ page, context, vendor }) => {
  const dialog = await begin(page, 'kiro');
  await dialog.getByLabel(/IAM Identity Center/).check();
  await dialog.getByLabel('Start URL').fill('https://example.awsapps.com/start');
  await dialog.getByLabel('Region').fill('eu-west-1');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await vendor.order({ allow: await dialog.getByLabel('Code', { exact: true }).textContent() });
  await expect(dialog).toBeHidden({ timeout: 15_000 });

  await vendor.order({ person: 'second@example.com' });
  await page.getByRole('button', { name: 'Connect an account' }).click();
  await dialog.getByLabel('Sign in with Google').check();
  const opened = await leave(context, dialog);
  const address = await opened.getByRole('link', { name: 'Allow' }).getAttribute('href');
  expect(address).toMatch(/^kiro:/);
  await opened.close();
  await dialog.getByLabel('Address or code').fill(address!);
  await dialog.getByRole('button', { name: 'Finish' }).click();
  await expect(dialog).toBeHidden();

  await vendor.order({ person: 'third@example.com' });
  await page.getByRole('button', { name: 'Connect an account' }).click();
  await dialog.getByLabel(/Paste the refresh token/).check();
  await dialog.getByLabel('Refresh token', { exact: true }).fill('aorAAAAAG-of-another-program');
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page)).toHaveCount(3);
});

test('a person who says no is told so and can begin again', async ({ page, context, vendor }) => {
  const dialog = await begin(page, 'claude');
  await expect(dialog.getByText(/can cost you the account/)).toBeVisible();
  await expectAccessible(page);
  const first = await leave(context, dialog);
  await first.getByRole('link', { name: 'Deny' }).click();
  await expect(dialog.getByText(/You said no/)).toBeVisible();
  await expect(first.getByText(/You said no/)).toBeVisible();
  await first.close();
  await dialog.getByRole('button', { name: 'Begin again' }).click();

  await vendor.order({ fail: { status: 503, body: { error: { message: 'busy today' } } } });
  const second = await leave(context, dialog);
  await second.getByRole('link', { name: 'Allow' }).click();
  await expect(dialog.getByText(/busy today/)).toBeVisible();
  await second.close();
  await dialog.getByRole('button', { name: 'Begin again' }).click();

  const third = await leave(context, dialog);
  await third.getByRole('link', { name: 'Allow' }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page)).toHaveCount(1);
});

test('reconnecting repairs the account that is there', async ({ page, context }) => {
  const dialog = await begin(page, 'claude');
  await (await leave(context, dialog)).getByRole('link', { name: 'Allow' }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page).getByText(`Signed in as ${PERSON}`)).toBeVisible();
  await expectAccessible(page);
  await row(page).getByRole('button', { name: /again$/ }).click();
  const again = page.getByRole('dialog', { name: /again$/ });
  await (await leave(context, again)).getByRole('link', { name: 'Allow' }).click();
  await expect(again).toBeHidden();
  await expect(row(page)).toHaveCount(1);
});

test('a test says whether an account that has logged in works', async ({ page, context, vendor }) => {
  await vendor.order({ quota: { claude: { five_hour: { utilization: 10, resets_at: null } } } });
  const dialog = await begin(page, 'claude');
  await (await leave(context, dialog)).getByRole('link', { name: 'Allow' }).click();
  await expect(dialog).toBeHidden();
  await row(page).getByRole('button', { name: /^Test / }).click();
  await expect(row(page).getByText(/^It works/)).toBeVisible();
  await vendor.order({ revoke: true });
  await row(page).getByRole('button', { name: /^Test / }).click();
  await expect(row(page).getByText(/the vendor answered 401/i).first()).toBeVisible();
  await expect(row(page).getByText('Has to be connected again')).toBeVisible();
  await expectAccessible(page);
});

test('what requests call themselves can be set, and set back', async ({ page }) => {
  await visit(page, '/dashboard/providers/claude');
  const open = page.getByText('What requests call themselves');
  await open.click();
  const headers = page.getByLabel('Headers');
  await expect(headers).toBeEditable();
  await expect(page.getByText(/A vendor may forbid/)).toBeVisible();
  await headers.fill('Authorization: Bearer x');
  await page.getByRole('button', { name: 'Save the headers' }).click();
  await expect(page.getByText(/`authorization` cannot be set/)).toBeVisible();
  await expectAccessible(page);
  await headers.fill('User-Agent: a-team/1');
  await page.getByRole('button', { name: 'Save the headers' }).click();
  await expect(page.getByText('What requests call themselves is changed.')).toBeVisible();
  await expect(headers).toHaveValue('user-agent: a-team/1');
  await page.setViewportSize({ width: 390, height: 800 });
  await expect(headers).toBeVisible();
  await expectAccessible(page);
  await visit(page, '/dashboard/providers/claude');
  await open.click();
  await expect(headers).toHaveValue('user-agent: a-team/1');
  await headers.fill('');
  await page.getByRole('button', { name: 'Save the headers' }).click();
  await expect(page.getByText('What requests call themselves is changed.')).toBeVisible();
});

test('an answer without its login leads back', async ({ page }) => {
  await visit(page, '/connect?code=a&state=nobodys');
  await expect(page.getByText(/Begin again in the window of the dashboard/)).toBeVisible();
  await expect(page).toHaveURL(/\/connect$/);
  await expectAccessible(page);
});
