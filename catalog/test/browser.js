// One headless Chromium for a test file: Debian's, in an empty profile, without the traffic a browser makes on its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export async function open(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), "catalog-test-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    headless: true,
    viewport: { width: 1280, height: 900 },
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ...options,
  });
  const problems = [];
  const watch = (page) => {
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => /^(file|data):/.test(request.url()) || problems.push(`a request to ${request.url()}`));
    page.on("requestfailed", (request) => problems.push(`${request.url()} failed`));
  };
  context.pages().forEach(watch);
  context.on("page", watch);
  return {
    context, problems, page: context.pages()[0] ?? (await context.newPage()),
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
