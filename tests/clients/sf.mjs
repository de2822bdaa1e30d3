// The Salesforce command line as its users run it, with a home folder of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allow, check, control, finish, org, within } from './checks.mjs';

const program = fileURLToPath(new URL('node_modules/@salesforce/cli/bin/run.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'sf-home-'));
const opened = join(home, 'opened-address');
const browser = join(home, 'browser');
writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" > "${opened}.part" && mv "${opened}.part" "${opened}"\n`);
chmodSync(browser, 0o755);
const environment = {
  PATH: process.env.PATH, HOME: home, BROWSER: browser, SF_DISABLE_DNS_CHECK: 'true', SF_DISABLE_TELEMETRY: 'true', SFDX_DISABLE_TELEMETRY: 'true', SF_AUTOUPDATE_DISABLE: 'true',
  SF_SKIP_NEW_VERSION_CHECK: 'true', SF_USE_GENERIC_UNIX_KEYCHAIN: 'true', SF_DISABLE_LOG_FILE: 'true', SF_TEMP_SHOW_SECRETS: 'true',
};

function start(args, more) {
  const child = spawn(process.execPath, [program, ...args], { env: { ...environment, ...more }, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text) => { output += text; });
  child.stderr.on('data', (text) => { errors += text; });
  return within(new Promise((resolve) => { child.on('close', (code) => resolve({ code, output, errors })); }), 60_000, `sf ${args.join(' ')}`).finally(() => child.kill());
}

async function sf(args, more) {
  const ended = await start([...args, '--json'], more);
  assert.equal(ended.code, 0, ended.output + ended.errors);
  return JSON.parse(ended.output).result;
}

try {
  await check('org login web', async () => {
    const login = start(['org', 'login', 'web', '--instance-url', org.address, '--alias', 'web', '--set-default', '--json']);
    await within((async () => { while (!existsSync(opened)) await new Promise((resolve) => { setTimeout(resolve, 50); }); })(), 20_000, 'the browser');
    await fetch(await allow(readFileSync(opened, 'utf8')));
    const ended = await login;
    assert.equal(ended.code, 0, ended.output + ended.errors);
    const { result } = JSON.parse(ended.output);
    assert.equal(result.username, org.user);
    assert.equal(result.orgId, org.orgId);
  });

  let token;
  await check('org display', async () => {
    const shown = await sf(['org', 'display', '-o', 'web']);
    assert.equal(shown.connectedStatus, 'Connected');
    assert.equal(shown.id, org.orgId);
    token = shown.accessToken;
  });

  await check('data query, as JSON', async () => {
    const result = await sf(['data', 'query', '-q', 'SELECT Id, Name, Owner.Name FROM Account LIMIT 3']);
    assert.equal(result.records.length, 3);
    assert.ok(result.records[0].Owner.Name);
  });

  await check('data query, as a table', async () => {
    const ended = await start(['data', 'query', '-q', 'SELECT Id, Name, (SELECT LastName FROM Contacts) FROM Account LIMIT 2', '--result-format', 'csv']);
    assert.equal(ended.code, 0, ended.output + ended.errors);
    assert.match(ended.output, /^Id,Name/m);
  });

  await check('data query beyond one page', async () => {
    const result = await sf(['data', 'query', '-q', 'SELECT Id FROM Account']);
    assert.equal(result.records.length, result.totalSize);
    assert.ok(result.totalSize > 2_000);
  });

  await check('data export bulk', async () => {
    const file = join(home, 'accounts.csv');
    const result = await sf(['data', 'export', 'bulk', '-q', 'SELECT Id FROM Account', '--output-file', file, '--wait', '2']);
    assert.equal(readFileSync(file, 'utf8').trim().split('\n').length - 1, result.totalSize);
  });

  await check('sobject describe', async () => {
    const described = await sf(['sobject', 'describe', '-s', 'Account']);
    assert.equal(described.name, 'Account');
  });

  await check('sobject list', async () => {
    assert.ok((await sf(['sobject', 'list', '-s', 'all'])).includes('Contact'));
  });

  await check('org list limits', async () => {
    assert.ok((await sf(['org', 'list', 'limits', '-o', 'web'])).some((limit) => limit.name === 'DailyApiRequests' && limit.max > 0));
  });

  await check('an unknown field is explained', async () => {
    const ended = await start(['data', 'query', '-q', 'SELECT Nope FROM Account', '--json']);
    assert.equal(ended.code, 1);
    assert.match(JSON.parse(ended.output).message, /No such column 'Nope'/);
  });

  await check('org login access-token', async () => {
    const result = await sf(['org', 'login', 'access-token', '--instance-url', org.address, '--no-prompt', '--alias', 'token'], { SF_ACCESS_TOKEN: token });
    assert.equal(result.username, org.user);
  });

  await check('org login jwt', async () => {
    const key = join(home, 'client.key');
    writeFileSync(key, org.jwtKey, { mode: 0o600 });
    const result = await sf(['org', 'login', 'jwt', '--instance-url', org.address, '--client-id', org.clientId, '--jwt-key-file', key, '--username', org.user, '--alias', 'jwt']);
    assert.equal(result.username, org.user);
    assert.equal((await sf(['data', 'query', '-o', 'jwt', '-q', 'SELECT Id FROM Account LIMIT 1'])).records.length, 1);
  });

  await check('org open, as an address', async () => {
    const { url } = await sf(['org', 'open', '-o', 'jwt', '--url-only']);
    assert.match(await (await fetch(url)).text(), /logged in as/);
  });

  await check('a deactivated user is told so', async () => {
    await control('/users', { username: org.user, active: false });
    const ended = await start(['data', 'query', '-o', 'jwt', '-q', 'SELECT Id FROM Account LIMIT 1', '--json']);
    assert.notEqual(ended.code, 0);
    await control('/users', { username: org.user, active: true });
  });

  await check('org logout', async () => {
    await sf(['org', 'logout', '-o', 'jwt', '--no-prompt']);
  });
} finally {
  rmSync(home, { recursive: true, force: true });
}

finish();
