import { chromium } from 'playwright-core';

/** Chromium that talks to nobody but the page's own gateway. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page of a person of its own, with everything it complained about in `complaints`. */
export async function openPage(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  // When each alert was first on the screen.
  await page.addInitScript(() => {
    window.alertSeenAt = {};
    new MutationObserver(() => {
      for (const row of document.querySelectorAll('[data-alert]')) window.alertSeenAt[row.dataset.alert] ??= Date.now();
    }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-alert'] });
  });
  await page.goto(url);
  await page.getByTestId('connection').getByText('Live').waitFor();
  return { page, complaints };
}
