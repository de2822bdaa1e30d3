// Counts checks and prints one line for each; the last line is what the test reads.
import assert from 'node:assert/strict';
import { createSign } from 'node:crypto';

let passed = 0;
const failures = [];

export async function check(name, body) {
  try {
    await within(body(), 30_000, name);
    passed += 1;
    console.log(`ok ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAILED ${name}: ${error?.stack ?? error}`);
  }
}

export function finish() {
  console.log(JSON.stringify({ passed, failed: failures.length }));
  process.exit(failures.length === 0 && passed > 0 ? 0 : 1);
}

export function within(promise, milliseconds, what) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what}: nothing within ${milliseconds} ms`)), milliseconds); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** What the org was started with, as its ready line says it. */
export const org = JSON.parse(process.env.ORG);

export async function control(path, body) {
  const answer = await fetch(`${org.controlAddress}${path}`, {
    method: body === undefined ? 'GET' : 'POST', headers: { 'X-Control-Key': org.controlKey, 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body),
  });
  const json = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(json));
  return json;
}

export const change = (kind, object, rest) => control('/changes', { kind, object, ...rest });

/** A JWT for the JWT bearer flow, signed with the key that the org was given the certificate of. */
export function assertion(claims) {
  const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
  const signed = `${part({ alg: 'RS256' })}.${part({ iss: org.clientId, sub: org.user, aud: 'https://login.salesforce.com', exp: Math.floor(Date.now() / 1000) + 180, ...claims })}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(org.jwtKey, 'base64url')}`;
}

/** Goes through the login and consent pages as a person would, and returns the callback's address. */
export async function allow(address) {
  const cookies = new Map();
  const visit = async (url, form) => {
    for (;;) {
      const answer = await fetch(url, {
        method: form ? 'POST' : 'GET', redirect: 'manual', headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        body: form ? new URLSearchParams(form) : undefined,
      });
      for (const cookie of answer.headers.getSetCookie()) cookies.set(...cookie.split(';')[0].split('='));
      const next = answer.headers.get('location');
      if (!next) return { url, html: await answer.text() };
      const target = new URL(next, url);
      if (target.host !== new URL(address).host) return { callback: target.href };
      [url, form] = [target.href, undefined];
    }
  };
  const hidden = (html, name) => html.match(new RegExp(`name="${name}" value="([^"]*)"`))[1].replaceAll('&amp;', '&').replaceAll('&#x2B;', '+');
  const action = (page) => new URL(page.html.match(/action="([^"]*)"/)[1], page.url).href;
  let page = await visit(address);
  if (page.html?.includes('login_form')) page = await visit(action(page), { startURL: hidden(page.html, 'startURL'), username: org.user, pw: org.password });
  if (page.html?.includes('consent_form')) page = await visit(action(page), { request: hidden(page.html, 'request'), save: 'Allow' });
  assert.ok(page.callback, page.html);
  return page.callback;
}

/** Collects what comes, and waits for the next one that fits. */
export function inbox() {
  const arrived = [];
  let wake = () => {};
  return {
    put(item) { arrived.push(item); wake(); },
    all: arrived,
    async next(fits, what) {
      for (;;) {
        const found = arrived.findIndex(fits);
        if (found >= 0) return arrived.splice(found, 1)[0];
        await within(new Promise((resolve) => { wake = resolve; }), 20_000, what);
      }
    },
  };
}
