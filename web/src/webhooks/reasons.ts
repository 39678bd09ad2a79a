import type { Language } from "../lib/settings";

/** What the service says of a failure, in Chinese; a robot's own words stay as they are. */
const CHINESE: readonly (readonly [RegExp, string])[] = [
  [/^does not answer within (\S+) s$/, "$1 秒内没有应答"],
  [/^cannot be reached$/, "连不上"],
  [/^the connection broke off$/, "连接中断"],
  [/^TLS failed$/, "TLS 握手失败"],
  [/^its certificate is not to be trusted: (.*)$/, "证书不可信：$1"],
  [/^answers with a redirect \(HTTP (\d+)\), which is not followed$/, "返回跳转（HTTP $1），没有跟随"],
  [/^answers with nothing a robot says; is this its address\?$/, "返回的不是机器人的应答，地址可能不对"],
  [/^answers with (.*)$/s, "返回 $1"],
  [/^could not be sent in time$/, "没能及时发出"],
  [/^the queue was full$/, "等待的太多，放弃了最早的"],
  [/^config\.toml has no such webhook any more$/, "配置里已经没有这个推送"],
];

export function reason(why: string, language: Language): string {
  const known = language === "zh" ? CHINESE.find(([pattern]) => pattern.test(why)) : undefined;
  return known === undefined ? why : why.replace(...known);
}
