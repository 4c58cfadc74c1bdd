// What this side shows and says: microphone, camera and screen.

export type Device = 'microphone' | 'camera';
export type DeviceState = 'on' | 'off';
/** Why a device could not be had. */
export type DeviceTrouble = 'missing' | 'refused' | 'busy' | 'insecure';

export interface LocalState {
  microphone: DeviceState;
  camera: DeviceState;
  screen: boolean;
  trouble: Partial<Record<Device, DeviceTrouble>>;
}

function troubleOf(error: unknown): DeviceTrouble {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'missing' : 'busy';
}

const constraints: Record<Device, MediaStreamConstraints> = {
  microphone: { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } },
  camera: { video: { width: { ideal: 1280 }, height: { ideal: 720 } } },
};

export const canShareScreen = (): boolean => navigator.mediaDevices?.getDisplayMedia !== undefined;

export class LocalMedia {
  private microphone: MediaStreamTrack | undefined;
  private camera: MediaStreamTrack | undefined;
  private screen: MediaStreamTrack | undefined;
  private trouble: Partial<Record<Device, DeviceTrouble>> = {};
  private preview = new MediaStream();

  /** `changed`: other tracks are to be sent, or none. */
  constructor(private readonly changed: () => void) {}

  /** Asks for both in one question; where that fails, for each, since one may be there without the other. */
  async openBoth(): Promise<void> {
    try {
      const stream = await getUserMedia({ ...constraints.microphone, ...constraints.camera });
      this.take(stream);
    } catch {
      await this.open('microphone');
      await this.open('camera');
    }
  }

  async toggle(device: Device): Promise<void> {
    if (device === 'camera' && this.camera) return this.stopCamera();
    if (device === 'microphone' && this.microphone) {
      this.microphone.enabled = !this.microphone.enabled;
      return this.changed();
    }
    await this.open(device);
  }

  async toggleScreen(): Promise<void> {
    if (this.screen) return this.stopScreen();
    // Refused or cancelled: nothing has changed, and the browser has said so.
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true }).catch(() => undefined);
    this.screen = stream?.getVideoTracks()[0];
    if (!this.screen) return;
    this.screen.onended = () => this.stopScreen();
    this.update();
  }

  /** What is sent; the screen takes the camera's place. */
  track(kind: string): MediaStreamTrack | null {
    return (kind === 'audio' ? this.microphone : (this.screen ?? this.camera)) ?? null;
  }

  /** A stream of the picture alone, for oneself to see. */
  picture(): MediaStream | undefined {
    return this.preview.getVideoTracks().length > 0 ? this.preview : undefined;
  }

  state(): LocalState {
    return {
      microphone: this.microphone?.enabled ? 'on' : 'off',
      camera: this.camera ? 'on' : 'off',
      screen: this.screen !== undefined,
      trouble: this.trouble,
    };
  }

  close(): void {
    for (const track of [this.microphone, this.camera, this.screen]) track?.stop();
    this.microphone = this.camera = this.screen = undefined;
    this.update();
  }

  private async open(device: Device): Promise<void> {
    try {
      this.take(await getUserMedia(constraints[device]));
    } catch (error) {
      const trouble = error instanceof InsecureContext ? 'insecure' : troubleOf(error);
      this.trouble = { ...this.trouble, [device]: trouble };
      this.changed();
    }
  }

  private take(stream: MediaStream): void {
    const { microphone, camera, ...rest } = this.trouble;
    const [audio] = stream.getAudioTracks();
    const [video] = stream.getVideoTracks();
    this.microphone = audio ?? this.microphone;
    this.camera = video ?? this.camera;
    this.trouble = {
      ...rest,
      ...(microphone && !audio ? { microphone } : {}),
      ...(camera && !video ? { camera } : {}),
    };
    if (audio) audio.onended = () => this.lost('microphone');
    if (video) video.onended = () => this.lost('camera');
    this.update();
  }

  /** Unplugged, or taken back by the browser. */
  private lost(device: Device): void {
    this[device] = undefined;
    this.trouble = { ...this.trouble, [device]: 'missing' };
    this.update();
  }

  /** Stopped and not only disabled, so that its light goes out. */
  private stopCamera(): void {
    this.camera?.stop();
    this.camera = undefined;
    this.update();
  }

  private stopScreen(): void {
    this.screen?.stop();
    this.screen = undefined;
    this.update();
  }

  private update(): void {
    const video = this.track('video');
    if (video !== (this.preview.getVideoTracks()[0] ?? null)) this.preview = new MediaStream(video ? [video] : []);
    this.changed();
  }
}

class InsecureContext extends Error {}

/** Browsers hide devices from pages that came over plain HTTP, other than from localhost. */
function getUserMedia(wanted: MediaStreamConstraints): Promise<MediaStream> {
  if (!navigator.mediaDevices) return Promise.reject(new InsecureContext());
  return navigator.mediaDevices.getUserMedia(wanted);
}
