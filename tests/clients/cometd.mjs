// The CometD project's own JavaScript client, with Salesforce's replay extension as its documentation describes it.
import assert from 'node:assert/strict';
import { adapt } from 'cometd-nodejs-client';
import { CometD } from 'cometd';
import { change, check, control, finish, inbox, org, within } from './checks.mjs';

adapt();
const channel = '/data/AccountChangeEvent';

async function token() {
  const answer = await fetch(`${org.address}/services/oauth2/token`, {
    method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: org.clientId, client_secret: org.clientSecret }),
  });
  return (await answer.json()).access_token;
}

async function connect(access) {
  const cometd = new CometD();
  cometd.configure({ url: `${org.address}/cometd/66.0`, requestHeaders: { Authorization: `Bearer ${access ?? await token()}` }, appendMessageTypeToURL: false, logLevel: 'warn' });
  cometd.unregisterTransport('websocket');
  const reply = await within(new Promise((resolve) => { cometd.handshake({ ext: { replay: true } }, resolve); }), 20_000, 'handshake');
  return { cometd, reply };
}

async function subscribe(cometd, to, replay) {
  const box = inbox();
  const reply = await within(new Promise((resolve) => { cometd.subscribe(to, (message) => box.put(message), { ext: { replay: { [to]: replay } } }, resolve); }), 20_000, `subscribe ${to}`);
  return { box, reply };
}

const header = (message) => message.data.payload.ChangeEventHeader;
const leave = (cometd) => within(new Promise((resolve) => { cometd.disconnect(resolve); }), 20_000, 'disconnect');

const { cometd, reply } = await connect();
await check('handshake', async () => {
  assert.equal(reply.successful, true);
  assert.equal(reply.ext.replay, true);
});

const { box, reply: subscribed } = await subscribe(cometd, channel, -1);
let id;
let created;
await check('subscribe, and a create carries every value', async () => {
  assert.equal(subscribed.successful, true);
  ({ id } = await change('insert', 'Account', { values: { Name: 'one', BillingCity: 'Bonn', AnnualRevenue: 12.5 } }));
  created = await box.next((message) => header(message).recordIds[0] === id, 'create');
  assert.equal(header(created).changeType, 'CREATE');
  assert.equal(created.data.payload.BillingAddress.City, 'Bonn');
  assert.equal(created.data.payload.SystemModstamp, undefined);
});

await check('an update carries what changed, and names what was emptied', async () => {
  await change('update', 'Account', { id, values: { BillingCity: null, Name: 'two' } });
  const message = await box.next((one) => header(one).recordIds[0] === id, 'update');
  assert.equal(header(message).changeType, 'UPDATE');
  assert.deepEqual(header(message).nulledFields, ['BillingAddress.City']);
  assert.ok(header(message).changedFields.includes('Name'));
  assert.equal(message.data.payload.Name, 'two');
  assert.equal(message.data.payload.AnnualRevenue, undefined);
});

await check('delete and undelete', async () => {
  await change('delete', 'Account', { id });
  const gone = await box.next((one) => header(one).recordIds[0] === id, 'delete');
  assert.equal(header(gone).changeType, 'DELETE');
  assert.deepEqual(Object.keys(gone.data.payload), ['ChangeEventHeader']);
  await change('undelete', 'Account', { id });
  const back = await box.next((one) => header(one).recordIds[0] === id, 'undelete');
  assert.equal(header(back).changeType, 'UNDELETE');
  assert.equal(back.data.payload.Name, 'two');
});

await check('gap and overflow events carry no fields', async () => {
  await control('/events', { kind: 'gap', object: 'Account', change: 'UPDATE', ids: [id] });
  const gap = await box.next((one) => header(one).changeType === 'GAP_UPDATE', 'gap');
  assert.deepEqual(Object.keys(gap.data.payload), ['ChangeEventHeader']);
  await control('/events', { kind: 'gap', object: 'Account', change: 'OVERFLOW' });
  await box.next((one) => header(one).changeType === 'GAP_OVERFLOW', 'overflow');
});

await check('replay behind an event brings what came after it, in order', async () => {
  const second = await connect();
  const again = await subscribe(second.cometd, channel, created.data.event.replayId);
  const kinds = [];
  for (let i = 0; i < 5; i += 1) kinds.push(header(await again.box.next(() => true, `replayed event ${i}`)).changeType);
  assert.deepEqual(kinds, ['UPDATE', 'DELETE', 'UNDELETE', 'GAP_UPDATE', 'GAP_OVERFLOW']);
  await leave(second.cometd);
});

await check('a replay id that is not retained is refused', async () => {
  const second = await connect();
  const refused = await subscribe(second.cometd, channel, 7);
  assert.equal(refused.reply.successful, false);
  assert.match(refused.reply.error, /^400::The replayId \{7\} you provided was invalid/);
  await leave(second.cometd);
});

await check('a channel that does not exist is refused', async () => {
  const refused = await subscribe(cometd, '/data/NopeChangeEvent', -1);
  assert.match(refused.reply.error, /^400::The channel you requested to subscribe to doesn't exist/);
});

await check('all objects on one channel', async () => {
  const all = await subscribe(cometd, '/data/ChangeEvents', -1);
  await change('insert', 'Contact', { values: { LastName: 'on the common channel' } });
  const message = await all.box.next((one) => header(one).entityName === 'Contact', 'contact');
  assert.equal(message.data.payload.Name.LastName, 'on the common channel');
});

await check('a client that the org has forgotten shakes hands again and goes on', async () => {
  const second = await connect();
  const waiting = await subscribe(second.cometd, channel, -1);
  const again = new Promise((resolve) => { second.cometd.addListener('/meta/handshake', resolve); });
  await control('/events', { kind: 'forgetClients' });
  await change('update', 'Account', { id, values: { Name: 'three' } });
  assert.equal((await within(again, 20_000, 'second handshake')).successful, true);
  assert.ok(waiting.box);
  await leave(second.cometd);
});

await check('a bad token is refused at the handshake', async () => {
  const refused = await connect('bad!token');
  assert.equal(refused.reply.successful, false);
  assert.match(refused.reply.error, /^403::Handshake denied/);
  assert.match(refused.reply.ext.sfdc.failureReason, /^401::Authentication invalid/);
});

finish();
