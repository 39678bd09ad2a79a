/** A whisper read aloud by this computer, into whatever its sound goes to: never into the call itself. */

export interface Voice {
  readonly lang: string;
  readonly localService: boolean;
  readonly default: boolean;
}

/** The voice to speak Chinese with. One that is made elsewhere would send the customer's words there: none then. */
export function chinese<V extends Voice>(voices: readonly V[]): V | undefined {
  const able = voices.filter(({ lang, localService }) => localService && /^(zh|cmn)(?![a-z])/i.test(lang) && !/hk|yue/i.test(lang));
  return able.toSorted((a, b) => rank(b) - rank(a))[0];
}

const rank = ({ lang, default: preferred }: Voice): number => Number(/cn|hans/i.test(lang)) * 2 + Number(preferred);

const synthesis = (): SpeechSynthesis | undefined => globalThis.speechSynthesis;

/** The browser may learn of its voices only after a while. */
export function onVoices(changed: () => void): () => void {
  synthesis()?.addEventListener("voiceschanged", changed);
  return () => synthesis()?.removeEventListener("voiceschanged", changed);
}

export const hasVoice = (): boolean => chinese(synthesis()?.getVoices() ?? []) !== undefined;

/** Speaks instead of whatever is being spoken; returns how to stop it. */
export function speak(text: string): () => void {
  const tool = synthesis();
  const voice = chinese(tool?.getVoices() ?? []);
  if (tool === undefined || voice === undefined) return () => undefined;
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.voice = voice;
  utterance.lang = voice.lang;
  utterance.volume = 0.8;
  tool.cancel();
  tool.speak(utterance);
  return () => tool.cancel();
}
