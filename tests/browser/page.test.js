// The page in a real browser on the real services.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.js';
import { startMesh } from './mesh.js';

const SHOWN_MS_MAX = 1000;
const ALERT_MS_MAX = 60_000;

let mesh;
let browser;

before(async () => {
  mesh = await startMesh();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  const statuses = await mesh?.stop();
  if (statuses)
    assert.deepEqual(
      Object.values(statuses).filter((status) => status !== 0),
      [],
      JSON.stringify(statuses),
    );
});

/** Text that is not `before` any more. */
function changed(page, testId, before) {
  return page.waitForFunction(
    ([id, text]) => document.querySelector(`[data-testid="${id}"]`)?.textContent !== text,
    [testId, before],
  );
}

/** Leaves in the alert list what names `entity`: rows out of sight are not drawn. */
function find(page, entity) {
  return page.getByRole('searchbox', { name: 'Find in alerts' }).fill(entity);
}

async function untilSome(statement) {
  const deadline = Date.now() + ALERT_MS_MAX;
  for (;;) {
    const rows = await mesh.database.rows(statement);
    if (rows.length > 0) return rows;
    assert.ok(Date.now() < deadline, `nothing came of: ${statement}`);
  }
}

test('figures change without a reload', async () => {
  const { page, complaints } = await openPage(browser, mesh.url);
  let reloads = 0;
  page.on('framenavigated', () => (reloads += 1));

  for (const figure of ['firm-gross', 'transactions-today']) {
    const before = await page.getByTestId(figure).textContent();
    await changed(page, figure, before);
  }
  assert.equal(reloads, 0);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("the page shows the database's own figures", async () => {
  const { page, complaints } = await openPage(browser, mesh.url);
  const [row] = await untilSome('SELECT client_id FROM client_exposures ORDER BY client_id LIMIT 1');
  await page.getByRole('searchbox', { name: 'Find in this table' }).fill(row.client_id);
  await page.getByRole('gridcell', { name: row.client_id, exact: true }).first().click();
  const drawer = page.getByRole('dialog', { name: `Client ${row.client_id}` });
  await drawer.getByText('Positions', { exact: false }).first().waitFor();
  const stored = await mesh.database.rows(
    `SELECT symbol FROM positions WHERE client_id = '${row.client_id}' ORDER BY symbol`,
  );
  for (const { symbol } of stored.slice(0, 3)) await drawer.getByText(symbol, { exact: true }).first().waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('an alert is on the screen within a second of being stored', { timeout: 2 * ALERT_MS_MAX }, async () => {
  const { page, complaints } = await openPage(browser, mesh.url);
  const newest = async () => (await mesh.database.rows('SELECT max(alert_id) AS id FROM alerts'))[0].id ?? 0;
  const before = await newest();

  // The last look at which the alert was not stored yet: it was stored after that.
  let absent = Date.now();
  let id = before;
  const deadline = Date.now() + ALERT_MS_MAX;
  while (id === before) {
    assert.ok(Date.now() < deadline, 'the mesh raised no alert');
    absent = Date.now();
    id = await newest();
  }
  const first = before + 1;
  await page.waitForFunction((alert) => alert in window.alertSeenAt, first);
  const seen = await page.evaluate((alert) => window.alertSeenAt[alert], first);
  assert.ok(seen - absent <= SHOWN_MS_MAX, `alert ${first} was stored after ${absent} and shown at ${seen}`);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test(
  'an acknowledgement is stored with name and time, and every page sees it',
  { timeout: 2 * ALERT_MS_MAX },
  async () => {
    const one = await openPage(browser, mesh.url);
    const other = await openPage(browser, mesh.url);
    const user = `officer-${process.pid}`;

    // The firm's: it does not resolve while the test looks at it.
    const [{ id }] = await untilSome(
      `SELECT alert_id AS id FROM alerts WHERE status = 'OPEN' AND entity_type = 'FIRM'`,
    );
    await find(one.page, 'firm gross');
    const began = Date.now();
    await one.page.locator(`[data-alert="${id}"] .ack`).click();
    await one.page.getByLabel('Your name').fill(user);
    await one.page.getByLabel('Comment').fill('<b>seen</b> & "noted"');
    await one.page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
    await one.page.getByRole('dialog').waitFor({ state: 'detached' });

    const [stored] = await mesh.database.rows(
      `SELECT status, acknowledged_by, acknowledged_at FROM alerts WHERE alert_id = ${id}`,
    );
    assert.equal(stored.acknowledged_by, user);
    assert.ok(['ACKNOWLEDGED', 'RESOLVED'].includes(stored.status), stored.status);
    const at = Date.parse(stored.acknowledged_at);
    assert.ok(at >= began - 1000 && at <= Date.now() + 1000, stored.acknowledged_at);
    const [event] = await mesh.database.rows(
      `SELECT actor, comment FROM alert_events WHERE alert_id = ${id} AND event_type = 'ACKNOWLEDGED'`,
    );
    assert.deepEqual(event, { actor: user, comment: '<b>seen</b> & "noted"' });

    for (const { page } of [one, other]) {
      await page.getByRole('button', { name: 'All', exact: true }).click();
      await find(page, 'firm gross');
      await page.locator(`[data-alert="${id}"]`).getByText(user).waitFor();
    }
    await other.page.locator(`[data-alert="${id}"] .main`).click();
    const drawer = other.page.getByRole('dialog', { name: `Alert ${id}` });
    await drawer.getByTestId('acknowledged').getByText(user).waitFor();
    await drawer.getByText('<b>seen</b> & "noted"', { exact: true }).waitFor();

    assert.deepEqual([...one.complaints, ...other.complaints], []);
    await one.page.context().close();
    await other.page.context().close();
  },
);

test('a page tells that it is disconnected, and comes back by itself', { timeout: 60_000 }, async () => {
  const { page } = await openPage(browser, mesh.url);
  assert.equal(await mesh.stopGateway(), 0);
  await page.getByTestId('banner').getByText('Disconnected.').waitFor();
  assert.match(await page.getByTestId('banner').textContent(), /Figures as of \d\d \w{3} \d{4} \d\d:\d\d:\d\d/);

  await mesh.startGateway();
  await page.getByTestId('connection').getByText('Live').waitFor({ timeout: 30_000 });
  const before = await page.getByTestId('transactions-today').textContent();
  await changed(page, 'transactions-today', before);
  assert.equal(await page.getByTestId('banner').count(), 0);
  await page.context().close();
});

test('order and trader are shown when the first execution with them comes', { timeout: 2 * ALERT_MS_MAX }, async () => {
  const { page, complaints } = await openPage(browser, mesh.url);
  await page.getByRole('tab', { name: 'Transactions' }).click();
  const column = (name) => page.getByRole('columnheader', { name, exact: true });
  await column('Market').waitFor();
  assert.equal(await column('Order').count(), 0);
  assert.equal(await column('Trader').count(), 0);

  const at = new Date().toISOString();
  const header = 'transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market';
  const row = `DESK-1,${at},CLIENT_DESK,DESK,BUY,1000,100,USD,BRK-07,XNAS,ORD-20417,`;
  assert.equal(await mesh.replay(`${header},order_id,trader_id\n${row}\n`), 0);
  await column('Order').waitFor();
  await page.getByRole('gridcell', { name: 'ORD-20417', exact: true }).waitFor();
  assert.equal(await column('Trader').count(), 0);

  const [{ id }] = await untilSome(`SELECT alert_id AS id FROM alerts WHERE entity_id = 'CLIENT_DESK'`);
  await find(page, 'CLIENT_DESK');
  await page.locator(`[data-alert="${id}"] .main`).click();
  const evidence = page.getByRole('dialog', { name: `Alert ${id}` }).locator('.tx small');
  await evidence.getByText('· BRK-07 · XNAS · Order ORD-20417', { exact: false }).waitFor();
  assert.doesNotMatch(await evidence.textContent(), /Trader/);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a person decides about an execution that conflicts with another', { timeout: 2 * ALERT_MS_MAX }, async () => {
  const { page, complaints } = await openPage(browser, mesh.url);
  const at = new Date().toISOString();
  const header = 'transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market';
  const row = (quantity) => `TWICE-1,${at},CLIENT_TWICE,TWICE,BUY,${quantity},10,USD,BRK-07,XNAS`;
  assert.equal(await mesh.replay(`${header}\n${row(100)}\n${row(100)}\n${row(250)}\n`), 0);
  await untilSome(`SELECT 1 FROM quarantine WHERE decision = 'WAITING'`);

  await page.getByText('quarantine: 1 conflict waits for a decision').waitFor();
  await page.getByRole('button', { name: 'Health of the services', exact: false }).click();
  const drawer = page.getByRole('dialog', { name: 'System' });
  await drawer.getByText("quantity: '250' conflicts with input", { exact: false }).waitFor();
  const user = `officer-${process.pid}`;
  await drawer.getByTestId('decide').getByRole('button', { name: 'Apply' }).click();
  const dialog = page.getByRole('dialog', {
    name: 'Apply this execution after all',
  });
  await dialog.getByLabel('Your name').fill(user);
  assert.equal(await dialog.getByRole('button', { name: 'Apply' }).isEnabled(), false);
  await dialog.getByLabel('Reason').fill('two fills <b>under one id</b>');
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await dialog.waitFor({ state: 'detached' });

  await drawer.getByTestId('decided').getByText(user).waitFor();
  await drawer.getByText('two fills <b>under one id</b>', { exact: false }).waitFor();
  assert.equal(await drawer.getByTestId('decide').count(), 0);
  const [stored] = await mesh.database.rows(
    `SELECT decided_by, decision_reason FROM quarantine WHERE decision = 'APPLIED'`,
  );
  assert.deepEqual(stored, {
    decided_by: user,
    decision_reason: 'two fills <b>under one id</b>',
  });
  const [held] = await mesh.database.rows(`SELECT quantity FROM positions WHERE client_id = 'CLIENT_TWICE'`);
  assert.equal(held.quantity, '350');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a person withdraws an adjustment that waits', { timeout: 2 * ALERT_MS_MAX }, async () => {
  const { page, complaints } = await openPage(browser, mesh.url);
  const day = 86_400_000;
  const at = (offset) => new Date(Date.now() + offset).toISOString();
  const executions =
    'transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n' +
    ['SPLITME', 'SPLITNEW'].map((one) => `${one}-1,${at(0)},CLIENT_SPLIT,${one},BUY,9,10,USD,BRK-07,XNAS\n`).join('');
  const adjustments =
    'effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n' +
    `${at(day)},SPLIT,SPLITME,3:1,,,,three <b>for</b> one\n${at(2 * day)},RENAME,SPLITME,,SPLITNEW,,,\n`;
  assert.equal(await mesh.replay(executions, adjustments), 0);
  await untilSome(`SELECT 1 FROM adjustments WHERE state = 'PENDING' AND kind = 'RENAME'`);

  await page.getByRole('button', { name: 'Health of the services', exact: false }).click();
  const split = page.getByTestId('adjustments').getByRole('row').filter({ hasText: 'Split 3:1' });
  await split.getByText('three <b>for</b> one', { exact: false }).waitFor();
  const user = `officer-${process.pid}`;
  await split.getByRole('button', { name: 'Withdraw' }).click();
  const dialog = page.getByRole('dialog', {
    name: 'Withdraw this adjustment',
  });
  await dialog.getByLabel('Your name').fill(user);
  assert.equal(await dialog.getByRole('button', { name: 'Withdraw' }).isEnabled(), false);
  await dialog.getByLabel('Reason').fill('the issuer took it back');
  await dialog.getByRole('button', { name: 'Withdraw' }).click();
  await dialog.waitFor({ state: 'detached' });
  await split.getByText(`Withdrawn by ${user}`, { exact: false }).waitFor();
  assert.equal(await split.getByRole('button').count(), 0);
  const [stored] = await mesh.database.rows(`SELECT state, why, withdrawn_by FROM adjustments WHERE kind = 'SPLIT'`);
  assert.deepEqual(stored, {
    state: 'WITHDRAWN',
    why: 'the issuer took it back',
    withdrawn_by: user,
  });

  // A symbol shows its own, a rename also the new one.
  for (const [symbol, count] of [
    ['SPLITME', 2],
    ['SPLITNEW', 1],
  ]) {
    await page.goto(`${mesh.url}#/symbol/${symbol}`);
    const rows = page
      .getByRole('dialog', { name: `Symbol ${symbol}` })
      .getByTestId('adjustments')
      .locator('tbody tr');
    await rows.filter({ hasText: 'Rename to SPLITNEW' }).waitFor();
    assert.equal(await rows.count(), count, symbol);
  }
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('an open drawer shows an adjustment that never waits', { timeout: 2 * ALERT_MS_MAX }, async () => {
  const opened = [await openPage(browser, mesh.url), await openPage(browser, mesh.url)];
  const [system, symbol] = opened.map(({ page }) => page);
  await system.getByRole('button', { name: 'Health of the services', exact: false }).click();
  await system.getByTestId('adjustments').waitFor();
  const at = (offset) => new Date(Date.now() + offset).toISOString();
  const execution = (number, instant) =>
    'transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n' +
    `ATONCE-${number},${instant},CLIENT_ATONCE,ATONCE,BUY,9,10,USD,BRK-07,XNAS\n`;
  assert.equal(await mesh.replay(execution(1, at(0))), 0);
  await untilSome(`SELECT 1 FROM positions WHERE client_id = 'CLIENT_ATONCE'`);
  await symbol.goto(`${mesh.url}#/symbol/ATONCE`);
  await symbol.getByRole('dialog', { name: 'Symbol ATONCE' }).getByText('CLIENT_ATONCE').first().waitFor();
  assert.equal(await symbol.getByTestId('adjustments').count(), 0);

  const [before] = await mesh.database.rows(`SELECT COUNT(*) AS waiting FROM adjustments WHERE state = 'PENDING'`);
  const split = `effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n${at(-1000)},SPLIT,ATONCE,7:1,,,,\n`;
  assert.equal(await mesh.replay(execution(2, at(0)), split), 0);
  await untilSome(`SELECT 1 FROM adjustments WHERE state = 'APPLIED' AND symbol = 'ATONCE'`);
  for (const page of [system, symbol]) {
    const row = page.getByTestId('adjustments').getByRole('row').filter({ hasText: 'Split 7:1' });
    await row.getByText('Applied as input', { exact: false }).waitFor();
  }
  const [after] = await mesh.database.rows(`SELECT COUNT(*) AS waiting FROM adjustments WHERE state = 'PENDING'`);
  assert.deepEqual(after, before);
  for (const { page, complaints } of opened) {
    assert.deepEqual(complaints, []);
    await page.context().close();
  }
});

test('busts and corrections mark what they take back', { timeout: 3 * ALERT_MS_MAX }, async () => {
  const { page, complaints } = await openPage(browser, mesh.url);
  await page.getByRole('tab', { name: 'Transactions' }).click();
  const cell = (text) => page.getByRole('gridcell', { name: text, exact: true });
  const replay = async (...rows) => {
    const header = 'transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market';
    const at = new Date().toISOString();
    const lines = rows.map(
      ([id, values, kind, ref]) => `${id},${at},CLIENT_BUST,BUST,${values},BRK-07,XNAS,${kind},${ref}`,
    );
    assert.equal(await mesh.replay(`${header},kind,ref_transaction_id\n${lines.join('\n')}\n`), 0);
  };

  await replay(['HUGE-1', 'BUY,1000,100,USD', '', ''], ['WRONG-1', 'SELL,10,100,USD', '', '']);
  await cell('HUGE-1').waitFor();
  await cell('WRONG-1').waitFor();
  assert.equal(await page.getByRole('columnheader', { name: 'Bust / correction' }).count(), 0);
  const [{ id }] = await untilSome(
    `SELECT alert_id AS id FROM alerts WHERE entity_id = 'CLIENT_BUST' AND transaction_id = 'HUGE-1'`,
  );
  await page.goto(`${mesh.url}#/alert/${id}`);
  const evidence = page.getByRole('dialog', { name: `Alert ${id}` }).locator('.tx');
  await evidence.getByText('HUGE-1', { exact: false }).waitFor();

  // The rows that the page has are marked, and do not come again.
  await replay(
    ['BUST-1', ',,,', 'BUST', 'HUGE-1'],
    ['FIX-1', 'SELL,7,100,USD', 'CORRECTION', 'WRONG-1'],
    ['EARLY-1', ',,,', 'BUST', 'LATE-1'],
    ['NEVER-1', ',,,', 'BUST', 'NOWHERE-1'],
  );
  for (const text of ['bust of HUGE-1', 'busted by BUST-1', 'correction of WRONG-1', 'corrected by FIX-1']) {
    await cell(text).waitFor();
  }
  const lines = (text) =>
    cell(text).evaluate((node) =>
      [...node.parentElement.children].map((one) => [one.textContent, getComputedStyle(one).textDecorationLine]),
    );
  for (const [text, line] of await lines('busted by BUST-1')) {
    assert.equal(line, text === 'busted by BUST-1' ? 'none' : 'line-through', text);
  }
  assert.ok((await lines('bust of HUGE-1')).every(([, line]) => line === 'none'));
  await page
    .getByRole('dialog', { name: `Alert ${id}` })
    .getByText('busted by BUST-1', { exact: true })
    .waitFor();
  assert.equal(await evidence.evaluate((node) => getComputedStyle(node).textDecorationLine), 'line-through');
  await page.getByRole('combobox', { name: 'Kind of transaction' }).selectOption('Busts');
  await cell('busted by BUST-1').waitFor({ state: 'detached' });
  await page.getByRole('combobox', { name: 'Kind of transaction' }).selectOption('All kinds');

  // What comes before its execution waits for it, and a person may drop it.
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Health of the services', exact: false }).click();
  const drawer = page.getByRole('dialog', { name: 'System' });
  const waiting = (execution) =>
    drawer.getByRole('row').filter({
      hasText: `'${execution}' names an execution that has not come`,
    });
  await waiting('LATE-1').getByTestId('decide').waitFor();
  assert.deepEqual(await waiting('NOWHERE-1').getByRole('button').allTextContents(), ['Drop']);
  await replay(['LATE-1', 'BUY,5,100,USD', '', '']);
  await cell('busted by EARLY-1 · only counted: its bust came before it').waitFor();
  await waiting('LATE-1').getByText('Applied by risk-engine', { exact: false }).waitFor();

  const user = `officer-${process.pid}`;
  await waiting('NOWHERE-1').getByRole('button', { name: 'Drop' }).click();
  const dialog = page.getByRole('dialog', {
    name: 'Drop this bust or correction',
  });
  await dialog.getByLabel('Your name').fill(user);
  await dialog.getByLabel('Reason').fill('of another system');
  await dialog.getByRole('button', { name: 'Drop' }).click();
  await dialog.waitFor({ state: 'detached' });
  await waiting('NOWHERE-1').getByText(`Dropped by ${user}`, { exact: false }).waitFor();

  const stored = await mesh.database.rows(
    `SELECT decision, decided_by FROM quarantine WHERE kind = 'AWAITING_EXECUTION' ORDER BY quarantine_id`,
  );
  assert.deepEqual(stored, [
    { decision: 'APPLIED', decided_by: 'risk-engine' },
    { decision: 'DROPPED', decided_by: user },
  ]);
  const [held] = await mesh.database.rows(`SELECT quantity FROM positions WHERE client_id = 'CLIENT_BUST'`);
  assert.equal(held.quantity, '-7');
  assert.deepEqual(complaints, []);
  await page.context().close();
});
