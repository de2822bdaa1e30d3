// nforce8 as Node-RED flows use it: https://github.com/Stwissel/nforce8
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { allow, change, check, finish, inbox, org, within } from './checks.mjs';

const nforce = createRequire(import.meta.url)('nforce8');
const client = nforce.createConnection({
  clientId: org.clientId, clientSecret: org.clientSecret, redirectUri: 'http://localhost:7777/callback', apiVersion: 'v66.0', mode: 'multi',
  loginUri: `${org.address}/services/oauth2/token`, authEndpoint: `${org.address}/services/oauth2/authorize`,
});
let oauth;

await check('login with name, password and security token', async () => {
  oauth = await client.authenticate({ username: org.user, password: org.password, securityToken: org.securityToken });
  assert.ok(oauth.access_token);
});

await check('web server flow and refresh', async () => {
  const address = new URL(client.getAuthUri({ scope: ['api', 'refresh_token', 'id'] }));
  const code = new URL(await allow(`${org.address}${address.pathname}${address.search}`)).searchParams.get('code');
  const web = await client.authenticate({ code });
  const again = await client.refreshToken({ oauth: web });
  assert.ok(again.access_token);
});

await check('identity', async () => { assert.equal((await client.getIdentity({ oauth })).organization_id, org.orgId); });
await check('resources of a version', async () => { assert.ok((await client.getResources({ oauth })).query); });
await check('list of objects', async () => { assert.ok((await client.getSObjects({ oauth })).sobjects.length > 10); });
await check('basics of an object', async () => { assert.equal((await client.getMetadata({ oauth, type: 'Account' })).objectDescribe.name, 'Account'); });
await check('describe', async () => { assert.equal((await client.getDescribe({ oauth, type: 'Account' })).name, 'Account'); });
await check('limits', async () => { assert.ok((await client.getLimits({ oauth })).DailyApiRequests.Max); });

await check('query with all pages', async () => {
  const result = await client.query({ oauth, query: 'SELECT Id, Name FROM Account', fetchAll: true });
  assert.equal(result.records.length, result.totalSize);
});

await check('query with deleted records', async () => {
  const live = await client.query({ oauth, query: 'SELECT Id FROM Account' });
  const all = await client.queryAll({ oauth, query: 'SELECT Id FROM Account' });
  assert.ok(all.totalSize > live.totalSize);
});

await check('change events with replay', async () => {
  const box = inbox();
  await change('insert', 'Account', { values: { Name: 'before' } });
  const stream = client.createStreamClient({ oauth });
  const subscription = stream.subscribe({ topic: '/data/AccountChangeEvent', replayId: -2 });
  subscription.on('data', (event) => box.put(event));
  await within(new Promise((resolve, reject) => { subscription.on('connect', resolve); subscription.on('error', reject); }), 20_000, 'subscribe');
  await box.next((event) => event.payload.Name === 'before', 'the retained event');
  await change('insert', 'Account', { values: { Name: 'after' } });
  await box.next((event) => event.payload.Name === 'after', 'the new event');
  stream.disconnect();
});

finish();
