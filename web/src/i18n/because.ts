/**
 * Why something was found, in English. The service says why in Chinese, in the sentences of its playbook and its detectors;
 * they are known here by their form, with the words and figures in them. A sentence that is not known, such as one of a
 * site's own playbook, stays as it is.
 */

type English = string | ((...found: string[]) => string);

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What agents ask for (asked.toml, evasion.toml). */
const THINGS: Readonly<Record<string, string>> = {
  单号: "the order number",
  账号: "the account number",
  电话: "the phone number",
  证件号: "the identity number",
  号码: "the number",
  姓名: "the name",
  地址: "the address",
  购买时间: "the time of purchase",
  开始时间: "when it began",
  办理时间: "when it was applied for",
  时间: "the time",
  金额: "the amount",
  索赔金额: "the amount claimed",
  数量: "how many",
  情况: "what happened",
  凭证: "the proof",
  希望怎么处理: "what should be done",
};

const thing = (name: string): string => (Object.hasOwn(THINGS, name) ? THINGS[name]! : `“${name}”`);

/** What may follow a sentence, the last first. */
const ENDINGS: readonly (readonly [RegExp, English])[] = [
  [/（第(\d+)次）$/, " (said $1 times by now)"],
  [/（按读音认出，个别字听写可能有误）$/, " (known by its sound; a character may be misheard)"],
  [/（与“((?:(?!（与“)[^])*)”一类说法相近）$/, " (much like “$1”)"],
  [/（类似“((?:(?!（类似“)[^])*)”）$/, " (much like “$1”)"],
  [/；前后不一致：([^；]*?)，([^；]*)$/, "; inconsistent: first $1, then $2"],
  [/；单看这一句不能确定，但本通坐席另有两次用语不当$/, "; not certain by itself, but the agent has used two others in this call"],
  [/，最迟 (\d+) 月 (\d+) 日 (\d+:\d+)$/, (month, day, time) => `, by ${day} ${MONTHS[Number(month) - 1] ?? month}, ${time}`],
];

const AGENT_SAID: Readonly<Record<string, string>> = {
  // phrases.toml
  把客户的问题说小了: "making the customer's problem small",
  拿价钱说事: "blaming the price",
  没有核实就一口否认: "denying it without checking",
  把事情推给了别的部门或人: "passing it on to another department or person",
  以不知道结束: "leaving it at not knowing",
  否认自己或公司说过的话: "denying what they or the company had said",
  "只说办不到，没有给出路": "refusing without offering a way",
  "拿规定、系统或领导来挡": "hiding behind rules, the system or a boss",
  打发客户自己去看: "sending the customer away to read it",
  往后推又不说时间: "putting it off without naming a time",
  顶撞或嘲讽客户: "talking back to the customer or mocking them",
  把责任推给客户: "putting the blame on the customer",
  在客户面前把责任推给同事或供应商: "blaming a colleague or supplier in front of the customer",
  没有条件地打了包票: "promising it without any condition",
  // steps.toml
  "体谅客户、道了歉": "understanding the customer and apologising",
  在问清情况或诉求: "asking what happened or what is wanted",
  拿出了办法: "offering a way",
  请上级出面: "bringing in a superior",
  "换了人、地点或时间": "changing the person, place or time",
  致谢收尾: "thanking the customer and closing",
};

/** ladder.toml */
const CUSTOMER_SAID: Readonly<Record<string, string>> = {
  明确表示不满: "plainly dissatisfied",
  要求找上级或要投诉: "asking for a superior or to complain",
  表示要退出或换别家: "wanting to quit or go elsewhere",
  扬言向监管部门投诉: "threatening to complain to the regulator",
  扬言向媒体或网络曝光: "threatening to tell the press or the internet",
  扬言走法律途径: "threatening legal action",
  "出现极端言语，请立即关注": "extreme words: please attend to it at once",
};

const MISSING: Readonly<Record<string, string>> = {
  没有安抚客户的情绪: "nobody had soothed the customer",
  没有问清情况和诉求: "nobody had asked what happened and what is wanted",
  没有给出办法: "nobody had offered a way",
  没有请上级出面: "nobody had brought in a superior",
  没有致谢并重申承诺: "nobody had thanked the customer and repeated the promise",
};

const oneOf = (names: Readonly<Record<string, string>>): string => `(${Object.keys(names).join("|")})`;

const SENTENCES: readonly (readonly [RegExp, English])[] = [
  [new RegExp(`^坐席说“([^]*)”，${oneOf(AGENT_SAID)}$`), (words, what) => `The agent said “${words}”, ${AGENT_SAID[what!]}`],
  [new RegExp(`^客户说“([^]*)”，${oneOf(CUSTOMER_SAID)}$`), (words, what) => `The customer said “${words}”, ${CUSTOMER_SAID[what!]}`],
  [new RegExp(`^这是投诉，直到通话结束也${oneOf(MISSING)}$`), (what) => `This is a complaint, and by the end of the call ${MISSING[what!]}`],
  [
    new RegExp(`^客户要求上级出面或更严重，直到通话结束也${oneOf(MISSING)}$`),
    (what) => `The customer asked for a superior or went further, and by the end of the call ${MISSING[what!]}`,
  ],
  [
    /^客户刚说完问题，坐席只说“([^]*)”，没有原因也没有时间$/,
    "The customer had just told the problem; the agent only said “$1”, with neither a reason nor a time",
  ],
  [/^坐席承诺“([^]*)”，没有说时间$/, "The agent promised “$1” without naming a time"],
  [/^坐席承诺“([^]*)”$/, "The agent promised “$1”"],
  [/^坐席连续 (\d+) 次反驳客户，没有一次表示理解或给出办法$/, "The agent contradicted the customer $1 times in a row, never understanding or offering a way"],
  [
    /^坐席两次问到([^]*)，客户都没有回答$/,
    (kinds) => `The agent asked for ${kinds!.split("、").map(thing).join(" and ")} twice, and the customer did not answer`,
  ],
  [/^让客户重说一遍，客户在 (\d+:\d+) 说过：“([^]*)”$/, "The customer is asked to say it all again, who said at $1: “$2”"],
  [/^([^“]*)客户在 (\d+:\d+) 已经说过：“([^]*)”$/, (name, at, words) => `The customer has given ${thing(name!)} already, at ${at}: “${words}”`],
  [/^第 (\d+) 次说到，首次在 (\d+:\d+)：“([^]*)”$/, "Said $1 times by now, first at $2: “$3”"],
  [/^客户说已经讲过；第 (\d+) 次说到，首次在 (\d+:\d+)：“([^]*)”$/, "The customer says this was told before. Said $1 times by now, first at $2: “$3”"],
  [/^客户话没说完，坐席插话，重叠 ([\d.]+) 秒$/, "The agent cut in before the customer had finished; both spoke for $1 s"],
  [/^双方都没有说话，已 ([\d.]+) 秒（上限 ([\d.]+) 秒）$/, "Nobody has spoken for $1 s (limit $2 s)"],
  [/^语速每分钟 (\d+) 字，是自己平时（(\d+) 字）的 ([\d.]+) 倍$/, "$1 characters a minute, $3 times as fast as usual ($2)"],
  [/^语速每分钟 (\d+) 字（上限 (\d+) 字）$/, "$1 characters a minute (limit $2)"],
  [/^坐席音量比自己平时高 (\d+) 分贝$/, "The agent is $1 dB louder than usual"],
  [/^坐席音量比自己平时高 (\d+) 分贝，音高升了 (\d+) 个半音$/, "The agent is $1 dB louder than usual, and $2 semitones higher"],
  [/^讲到“([^]*)”时客户激动起来$/, "The customer became agitated at “$1”"],
  [/^讲到“([^]*)”时客户激动起来，音量比自己平时高 (\d+) 分贝$/, "The customer became agitated at “$1”, $2 dB louder than usual"],
  [/^坐席说到“([^]*)”之后，客户的语气缓和下来$/, "After the agent said “$1”, the customer's tone softened"],
];

/** What a finding shows in place of words where nobody said any (turns.py, steps.py). */
const STATED: readonly (readonly [RegExp, English])[] = [
  [/^静默 ([\d.]+) 秒$/, "Silence for $1 s"],
  [new RegExp(`^${oneOf(MISSING)}$`), (what) => capital(MISSING[what!]!)],
];

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

/** Findings of what nobody said (their ids: turns.py, steps.py). */
const UNSPOKEN = /^(?:s\d+\.dead_air|end\.\w+_missing)$/;

/** Whether an alert's text is what the service states, and no quotation. */
export const isStated = (because: readonly string[]): boolean => because.length > 0 && because.every((id) => UNSPOKEN.test(id));

/** In English what the service states; what is not known stays as it is. */
export const stated = (text: string): string => found(STATED, text)?.text ?? text;

export function inEnglish(sentence: string): string {
  const whole = found(SENTENCES, sentence);
  if (whole !== undefined) return whole.text;
  const ending = found(ENDINGS, sentence);
  if (ending === undefined) return sentence;
  const before = sentence.slice(0, ending.at);
  const said = inEnglish(before);
  return said === before ? sentence : said + ending.text; // known whole or not at all: no sentence in two languages
}

/** Where the first form that fits does, and what it says there. */
function found(forms: readonly (readonly [RegExp, English])[], sentence: string): { readonly at: number; readonly text: string } | undefined {
  for (const [form, english] of forms) {
    const match = form.exec(sentence);
    if (match === null) continue;
    const parts = match.slice(1);
    const text = typeof english === "function" ? english(...parts) : english.replace(/\$(\d)/g, (_, number: string) => parts[Number(number) - 1] ?? "");
    return { at: match.index, text };
  }
  return undefined;
}
