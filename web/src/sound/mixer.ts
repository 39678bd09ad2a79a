/** Both sides of a call into both ears, each as loud as one likes it, a little apart. */

const APART = { agent: -0.35, customer: 0.35 } as const; // -1 left .. 1 right
const GLIDE = 0.03; // seconds over which a volume changes: no clicks

export interface Mixer {
  /** Volumes by speaker, 1 as it came. */
  readonly set: (volumes: Readonly<Record<string, number>>) => void;
  /** How loud each channel is just now as heard, 0..1. */
  readonly levels: () => number[];
}

export function mix(context: AudioContext, source: AudioNode, channels: readonly string[]): Mixer {
  const limiter = context.createDynamicsCompressor(); // nobody's ears are hurt at double volume
  limiter.threshold.value = -6;
  limiter.ratio.value = 20;
  limiter.attack.value = 0.002;
  limiter.connect(context.destination);
  const splitter = context.createChannelSplitter(channels.length);
  source.connect(splitter);
  const strips = channels.map((speaker, index) => {
    const gain = context.createGain();
    const meter = context.createAnalyser();
    const place = context.createStereoPanner();
    meter.fftSize = 1024;
    place.pan.value = channels.length > 1 ? ((APART as Record<string, number>)[speaker] ?? 0) : 0;
    splitter.connect(gain, index);
    gain.connect(meter);
    gain.connect(place).connect(limiter);
    return { speaker, gain, meter, samples: new Float32Array(meter.fftSize) };
  });
  return {
    set: (volumes) => {
      for (const { speaker, gain } of strips) gain.gain.setTargetAtTime(volumes[speaker] ?? 1, context.currentTime, GLIDE);
    },
    levels: () =>
      strips.map(({ meter, samples }) => {
        meter.getFloatTimeDomainData(samples);
        const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
        return Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-12)) / 60)); // -60 dBFS .. 0
      }),
  };
}
