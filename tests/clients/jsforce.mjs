// What users of jsforce do: https://jsforce.github.io/document/
import assert from 'node:assert/strict';
import jsforce from 'jsforce';
import { StreamingExtension } from 'jsforce/lib/api/streaming.js';
import { allow, assertion, change, check, control, finish, inbox, org } from './checks.mjs';

const app = { loginUrl: org.address, clientId: org.clientId, clientSecret: org.clientSecret, redirectUri: 'http://localhost:7777/callback' };
const version = '66.0';
let conn;

await check('login with name and password through OAuth', async () => {
  conn = new jsforce.Connection({ oauth2: app, version });
  const user = await conn.login(org.user, org.password + org.securityToken);
  assert.equal(user.organizationId, org.orgId);
});

await check('a wrong password is refused by its OAuth error', async () => {
  await assert.rejects(new jsforce.Connection({ oauth2: app }).login(org.user, 'wrong'), (error) => error.name === 'invalid_grant' || error.errorCode === 'invalid_grant');
});

await check('login by SOAP, which is what it does unless told otherwise, and logout', async () => {
  const soap = new jsforce.Connection({ loginUrl: org.address });
  const user = await soap.login(org.user, org.password + org.securityToken);
  assert.equal(user.organizationId, org.orgId);
  assert.equal((await soap.query('SELECT Id FROM Account LIMIT 1')).records.length, 1);
  assert.equal((await soap.identity()).username, org.user);
  const token = soap.accessToken;
  await soap.logout();
  await assert.rejects(new jsforce.Connection({ instanceUrl: org.address, accessToken: token }).query('SELECT Id FROM Account LIMIT 1'), /Session expired/);
});

await check('a wrong password is refused by SOAP, and an expired one too', async () => {
  await assert.rejects(new jsforce.Connection({ loginUrl: org.address }).login(org.user, 'wrong'), /INVALID_LOGIN/);
  await control('/users', { username: org.user, passwordExpired: true });
  await assert.rejects(new jsforce.Connection({ loginUrl: org.address }).login(org.user, org.password + org.securityToken), /password has expired/);
  await control('/users', { username: org.user, passwordExpired: false });
});

await check('login by JWT', async () => {
  const jwt = new jsforce.Connection({ oauth2: app, version });
  await jwt.authorize({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertion({}) });
  assert.equal((await jwt.identity()).username, org.user);
  await assert.rejects(new jsforce.Connection({ oauth2: app }).authorize({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertion({ aud: 'https://elsewhere.example' }) }), /Audience validation failed/);
});

await check('login by client credentials', async () => {
  const service = new jsforce.Connection({ oauth2: app, version });
  await service.authorize({ grant_type: 'client_credentials' });
  assert.equal((await service.query('SELECT Id FROM Account LIMIT 1')).records.length, 1);
});

let grant;
await check('web server flow with PKCE', async () => {
  const oauth2 = new jsforce.OAuth2({ ...app, useVerifier: true });
  const callback = new URL(await allow(oauth2.getAuthorizationUrl({ scope: 'api id refresh_token', state: 's1' })));
  assert.equal(callback.searchParams.get('state'), 's1');
  const web = new jsforce.Connection({ oauth2, version });
  await web.authorize(callback.searchParams.get('code'));
  grant = { refreshToken: web.refreshToken, instanceUrl: web.instanceUrl };
  assert.ok(grant.refreshToken);
});

await check('a code is good for one exchange', async () => {
  const oauth2 = new jsforce.OAuth2(app);
  const code = new URL(await allow(oauth2.getAuthorizationUrl({}))).searchParams.get('code');
  await oauth2.requestToken(code);
  await assert.rejects(oauth2.requestToken(code), /expired authorization code/);
});

await check('an expired session is refreshed by itself, once', async () => {
  const stale = new jsforce.Connection({ oauth2: app, ...grant, accessToken: `${org.orgId.slice(0, 15)}!gone`, version });
  let refreshed = 0;
  stale.on('refresh', () => { refreshed += 1; });
  assert.equal((await stale.query('SELECT Id FROM Account LIMIT 1')).records.length, 1);
  assert.equal(refreshed, 1);
});

await check('identity', async () => {
  const identity = await conn.identity();
  assert.equal(identity.username, org.user);
  assert.equal(identity.organization_id, org.orgId);
});

await check('list of objects', async () => {
  const names = (await conn.describeGlobal()).sobjects.map((object) => object.name);
  assert.ok(names.includes('Account') && names.includes('Case'));
});

await check('describe of an object', async () => {
  const described = await conn.sobject('Account').describe();
  assert.equal(described.keyPrefix, '001');
  assert.equal(described.fields.find((field) => field.name === 'Id').type, 'id');
});

let total;
await check('query with paging by hand', async () => {
  let page = await conn.query('SELECT Id, Name FROM Account');
  total = page.totalSize;
  const ids = new Set(page.records.map((row) => row.Id));
  assert.equal(page.done, false);
  while (!page.done) {
    page = await conn.queryMore(page.nextRecordsUrl);
    for (const row of page.records) ids.add(row.Id);
  }
  assert.equal(ids.size, total);
});

await check('query that fetches further pages by itself', async () => {
  const rows = await conn.query('SELECT Id FROM Account').run({ autoFetch: true, maxFetch: 100_000 });
  assert.equal(rows.length ?? rows.records.length, total);
});

await check('find with conditions, sort and limit', async () => {
  const rows = await conn.sobject('Account').find({ Name: { $like: '%a%' } }, 'Id, Name, CreatedDate').sort({ CreatedDate: -1 }).limit(5).execute();
  assert.equal(rows.length, 5);
});

await check('child rows in a subquery', async () => {
  const page = await conn.query('SELECT Id, (SELECT Id, LastName FROM Contacts) FROM Account WHERE Id IN (SELECT AccountId FROM Contact) LIMIT 3');
  assert.ok(page.records[0].Contacts.records[0].LastName);
});

await check('one record by its Id', async () => {
  const [first] = (await conn.query('SELECT Id, Name FROM Account LIMIT 1')).records;
  assert.equal((await conn.sobject('Account').retrieve(first.Id)).Name, first.Name);
});

await check('a malformed query carries its error code', async () => {
  await assert.rejects(conn.query('SELECT Nope FROM Account'), (error) => error.errorCode === 'INVALID_FIELD');
});

await check('limits, and the quota in the response header', async () => {
  const limits = await conn.request(`/services/data/v${version}/limits`);
  assert.ok(limits.DailyApiRequests.Max > 0);
  assert.ok(conn.limitInfo.apiUsage.used > 0);
});

await check('updated and deleted records', async () => {
  const { id } = await change('insert', 'Account', { values: { Name: 'to go' } });
  await change('delete', 'Account', { id });
  await control('/clock/advance', { by: '00:02:00' });
  const { now } = await control('/clock');
  const end = new Date(now);
  const gone = await conn.sobject('Account').deleted(new Date(end - 600_000), end);
  assert.ok(gone.deletedRecords.some((row) => row.id === id));
  await conn.sobject('Account').updated(new Date(end - 600_000), end);
});

await check('Bulk 2.0 export', async () => {
  const stream = await conn.bulk2.query('SELECT Id, Name FROM Account');
  const ids = new Set();
  for await (const row of stream) ids.add(row.Id);
  assert.equal(ids.size, (await conn.query('SELECT COUNT() FROM Account')).totalSize);
});

await check('change events from now on', async () => {
  const channel = '/data/AccountChangeEvent';
  const box = inbox();
  const client = conn.streaming.createClient([new StreamingExtension.Replay(channel, -1)]);
  await client.subscribe(channel, (event) => box.put(event));
  const { id } = await change('insert', 'Account', { values: { Name: 'streamed' } });
  const event = await box.next((one) => one.payload.ChangeEventHeader.recordIds[0] === id, 'the event of the insert');
  assert.equal(event.payload.ChangeEventHeader.changeType, 'CREATE');
  assert.equal(event.payload.Name, 'streamed');
  client.disconnect();
});

await check('change events replayed from the beginning', async () => {
  const channel = '/data/ContactChangeEvent';
  const { id } = await change('insert', 'Contact', { values: { LastName: 'earlier' } });
  const box = inbox();
  const client = conn.streaming.createClient([new StreamingExtension.Replay(channel, -2)]);
  await client.subscribe(channel, (event) => box.put(event));
  await box.next((one) => one.payload.ChangeEventHeader.recordIds[0] === id, 'the retained event');
  client.disconnect();
});

await check('revoking ends the session', async () => {
  const oauth2 = new jsforce.OAuth2(app);
  const web = new jsforce.Connection({ oauth2, version });
  await web.login(org.user, org.password + org.securityToken);
  const token = web.accessToken;
  await web.logout();
  await assert.rejects(new jsforce.Connection({ instanceUrl: org.address, accessToken: token }).query('SELECT Id FROM Account LIMIT 1'), /Session expired/);
});

finish();
