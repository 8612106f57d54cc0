import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Event, Sign } from '../../../assembly/record/events';
import { NAKAMURA, ROUTER, SATO, SERVER, TANAKA } from '../addresses';
import { SECOND_US, WAIT_US } from '../numbers';
import { aboutServer, EVERYTHING } from '../orders';
import { arpAnnouncement, arpReply, HOST, refusal, SECURE, syn, synAck, unreachable, WEB } from '../packets';
import { counterOf, fresh, give, pass, wait } from '../play';
import { said, saidTimes } from '../said';

function hostDown(): void {
  syn(SATO, SERVER, 7);
  give();
  unreachable(SATO, SERVER, 7, HOST);
  give(Direction.Out);
}

function serviceDown(port: u32): void {
  aboutServer(Command.KnowService, SERVER, port);
  syn(TANAKA, SERVER, port, port);
  give();
  refusal(TANAKA, SERVER, port, port);
  give();
}

function answers(port: u32): u32 {
  syn(NAKAMURA, SERVER, 1000 + port, port);
  give();
  synAck(NAKAMURA, SERVER, 1000 + port, port);
  return give();
}

describe('a sign of life', () => {
  it('by an answer is one of the host, whatever port answers', () => {
    fresh();
    hostDown();
    expect<u32>(answers(SECURE)).toBe(Verdict.SynAckAnswers);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
    expect<u32>(said(Event.Signal).port).toBe(0);
    expect<u32>(said(Event.Signal).code).toBe(Sign.SynAck);
  });

  it('by an answer says which port has answered, beside the one that was tried; no other sign does', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    hostDown();
    arpAnnouncement(SERVER);
    give();
    answers(SECURE);
    expect<u32>(said(Event.Signal, 0).answeredPort).toBe(0);
    expect<u32>(said(Event.Signal, 1).answeredPort).toBe(SECURE);
    expect<u32>(said(Event.Signal, 1).tries).toBe(WEB);
  });

  it('by an answer is one of the service that answers, and of no other', () => {
    fresh();
    serviceDown(WEB);
    serviceDown(SECURE);
    answers(SECURE);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
    expect<u32>(said(Event.Signal).port).toBe(SECURE);
  });

  it('by an answer is one of host and service when both are down', () => {
    fresh();
    serviceDown(WEB);
    wait(WAIT_US);
    hostDown();
    answers(WEB);
    expect<u32>(saidTimes(Event.Signal)).toBe(2);
    expect<u32>(said(Event.Signal, 0).port).toBe(0);
    expect<u32>(said(Event.Signal, 1).port).toBe(WEB);
  });

  it('by an answer is one also after another sign that is being looked into, but once', () => {
    fresh();
    hostDown();
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    drained();
    for (let port: u32 = 1; port <= 3; port++) answers(port);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
    expect<u32>(said(Event.Signal).code).toBe(Sign.SynAck);
    drained();
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    aboutServer(Command.StillDown, SERVER);
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    drained();
    for (let port: u32 = 4; port <= 6; port++) answers(port);
    expect<u32>(saidTimes(Event.Signal)).toBe(1, 'it is another time');
    expect<u32>(said(Event.Signal).code).toBe(Sign.SynAck);
  });

  it('by an answer is none once a probe was answered: those decide', () => {
    fresh();
    hostDown();
    aboutServer(Command.Lives, SERVER);
    answers(WEB);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('by an answer is none where that is switched off', () => {
    fresh(EVERYTHING & ~Option.SynAck);
    hostDown();
    expect<u32>(answers(WEB)).toBe(Verdict.SynAckAnswers);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('by address resolution says nothing of a service that is down', () => {
    fresh();
    serviceDown(WEB);
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('does not end the outage: who comes meanwhile is linked', () => {
    fresh();
    hostDown();
    arpReply(SERVER, ROUTER);
    give();
    expect<u64>(counterOf(Counter.ServersDown)).toBe(1);
    syn(TANAKA, SERVER, 8);
    expect<u32>(give()).toBe(Verdict.SynLinked);
  });

  it('names the port that was tried last', () => {
    fresh();
    hostDown();
    syn(TANAKA, SERVER, 8, SECURE);
    give();
    arpReply(SERVER, ROUTER);
    give();
    expect<u32>(said(Event.Signal).tries).toBe(SECURE);
  });

  it('counts again after the host said that the server is still down', () => {
    fresh();
    hostDown();
    expect<u32>(aboutServer(Command.StillDown, SERVER)).toBe(Status.NotFound, 'there was no sign yet');
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    expect<u32>(aboutServer(Command.StillDown, SERVER)).toBe(Status.Ok);
    drained();
    pass(SECOND_US);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
  });
});
