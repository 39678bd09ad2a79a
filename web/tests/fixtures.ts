import type { Alert, Call, Cause, Finding, Health, LiveEvent, Snapshot, Utterance, Whisper } from "../src/api/types";

export const call = (change: Partial<Call> = {}): Call => ({
  id: "c1",
  started: "2026-11-22T09:00:00.000+08:00",
  ended: null,
  seconds: 30,
  agent: "李静",
  team: "家电售后一组",
  customer: "13800112233",
  model: "base",
  source: "live",
  status: "live",
  why: null,
  risk: 20,
  level: 1,
  talk_share: { agent: 0.4, customer: 0.6 },
  mood: [],
  channels: ["agent", "customer"],
  taken_over: null,
  ...change,
});

export const utterance = (change: Partial<Utterance> = {}): Utterance => ({
  call: "c1",
  id: "u1",
  speaker: "customer",
  start: 5,
  end: 9,
  text: "我打一二三一五",
  stage: "final",
  confidence: 0.9,
  words: [],
  valence: -0.6,
  arousal: 0.7,
  ...change,
});

export const finding = (change: Partial<Finding> = {}): Finding => ({
  call: "c1",
  id: "u1.regulator",
  kind: "escalation",
  rule: "regulator",
  speaker: "customer",
  start: 5,
  end: 9,
  text: "打一二三一五",
  confidence: 0.97,
  because: "客户说要打 12315",
  utterance: "u1",
  span: [1, 7],
  level: 3,
  ...change,
});

export const alert = (change: Partial<Alert> = {}): Alert => ({
  call: "c1",
  id: "a1",
  at: 9,
  severity: "critical",
  rule: "external_threat",
  title: "外部施压",
  because: ["u1.regulator"],
  text: "我打一二三一五",
  speaker: "customer",
  raised: "2026-11-22T09:00:10.000+08:00",
  status: "open",
  by: null,
  when: null,
  note: null,
  why: null,
  owner: null,
  ...change,
});

export const whisper = (change: Partial<Whisper> = {}): Whisper => ({
  call: "c1",
  id: "w1",
  at: 9,
  origin: "playbook",
  by: null,
  say: "王先生，让您等了三次，换谁都会着急。",
  reason: "客户在生气，还没有安抚",
  because: ["u1.regulator"],
  rule: "venting_acknowledge",
  priority: 50,
  expires: 40,
  status: "sent",
  when: null,
  ...change,
});

export const cause = (change: Partial<Cause> = {}): Cause => ({
  code: "latency",
  status: "busy",
  value: 2.1,
  limit: 1.5,
  zh: "话说完约 2.1 秒后才出现告警，目标是 1.5 秒以内。",
  en: "Alerts come about 2.1 s after the phrase; the target is 1.5 s.",
  ...change,
});

/** As bad as the worst of its causes, which the server puts first. */
export const health = (...why: Cause[]): Health => ({ status: why[0]?.status ?? "ok", why, latency_p95: null, latency_target: 1.5 });

export const snapshot = (change: Partial<Snapshot> = {}): Snapshot => ({
  epoch: "e1",
  seq: 10,
  calls: [call()],
  alerts: [],
  health: health(),
  model: "base",
  version: "0.1.0",
  ...change,
});

export const said = (seq: number, change: Partial<Utterance> = {}): LiveEvent => {
  const data = utterance(change);
  return { seq, type: "utterance", call: data.call, data };
};

export const changed = (seq: number, change: Partial<Call> = {}): LiveEvent => {
  const data = call(change);
  return { seq, type: "call", call: data.id, data };
};

export const alerted = (seq: number, change: Partial<Alert> = {}): LiveEvent => {
  const data = alert(change);
  return { seq, type: "alert", call: data.call, data };
};

export const found = (seq: number, change: Partial<Finding> = {}, provisional = false): LiveEvent => {
  const data = finding(change);
  return { seq, type: "finding", call: data.call, data, provisional };
};

export const whispered = (seq: number, change: Partial<Whisper> = {}): LiveEvent => {
  const data = whisper(change);
  return { seq, type: "whisper", call: data.call, data };
};
