import { useState } from "react";
import { useSnapshot } from "../app-context.tsx";
import type { SettingsPatch } from "../../shared/model/settings.ts";
import { messages } from "../messages.ts";
import { DefaultEffect } from "../rules/default-effect.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { useOpener } from "../ui/use-focus.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Screen, ScreenBody } from "../ui/screen.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { Select } from "../ui/select.tsx";
import { Switch } from "../ui/switch.tsx";
import { useAct } from "../use-act.ts";
import { DoctorSection } from "./doctor-section.tsx";
import { Group, Row } from "./settings-group.tsx";
import { VaultSection } from "./vault-section.tsx";

const deadlines = [15, 30, 60, 120, 300, 600, 1800];
const pendings = [1, 2, 4, 8, 16, 32];

/** What the person may change, what this machine lacks, and where our files are. */
export function SettingsScreen() {
  const settings = useSnapshot((snapshot) => snapshot.settings);
  const act = useAct();
  const words = messages.settings;
  const set = (patch: SettingsPatch): void => void act("settings.update", patch);
  return (
    <Screen title={words.title}>
      <ScreenBody>
        <Group title={words.gate}>
          <Row title={words.defaultEffect} help={words.defaultEffectHelp}>
            <DefaultEffect />
          </Row>
          <Row title={words.deadline} help={words.deadlineHelp}>
            <Choice
              label={words.deadline}
              value={settings.deadlineSeconds}
              among={deadlines}
              say={words.seconds}
              onChange={(deadlineSeconds) => set({ deadlineSeconds })}
            />
          </Row>
          <Row title={words.maxPending} help={words.maxPendingHelp}>
            <Choice
              label={words.maxPending}
              value={settings.maxPendingPerServer}
              among={pendings}
              say={String}
              onChange={(maxPendingPerServer) => set({ maxPendingPerServer })}
            />
          </Row>
        </Group>
        <Group title={words.look}>
          <Row title={words.theme}>
            <Segmented
              label={words.theme}
              value={settings.theme}
              options={(["system", "light", "dark"] as const).map((value) => ({ value, label: words.themes[value] }))}
              onChange={(theme) => set({ theme })}
            />
          </Row>
          <Row title={words.notify} help={words.notifyHelp}>
            <Switch label={words.notify} checked={settings.notify} onChange={(notify) => set({ notify })} />
          </Row>
          <Row title={words.focus} help={words.focusHelp}>
            <Switch label={words.focus} checked={settings.focusApprovals} onChange={(focusApprovals) => set({ focusApprovals })} />
          </Row>
        </Group>
        <VaultSection />
        <DoctorSection />
        <Paths />
        <About />
      </ScreenBody>
    </Screen>
  );
}

/** A number among the usual ones; one that somebody wrote into the file stays in the list. */
function Choice({
  label,
  value,
  among,
  say,
  onChange,
}: {
  readonly label: string;
  readonly value: number;
  readonly among: readonly number[];
  readonly say: (value: number) => string;
  readonly onChange: (value: number) => void;
}) {
  const all = [...new Set([...among, value])].sort((a, b) => a - b);
  return (
    <Select
      label={label}
      value={String(value)}
      options={all.map((one) => ({ value: String(one), label: say(one) }))}
      onChange={(chosen) => onChange(Number(chosen))}
    />
  );
}

function Paths() {
  const home = useSnapshot((snapshot) => snapshot.app.home);
  const words = messages.settings;
  return (
    <Group title={words.paths}>
      {(["config", "data", "logs"] as const).map((name) => (
        <Row
          key={name}
          title={words.path[name]}
          help={
            <code className="unbroken">
              <Revealed text={home[name]} line />
            </code>
          }
        >
          <CopyButton text={home[name]} />
        </Row>
      ))}
    </Group>
  );
}

function About() {
  const app = useSnapshot((snapshot) => snapshot.app);
  const [asking, setAsking] = useState(false);
  const opener = useOpener(asking);
  const act = useAct();
  const words = messages.settings;
  return (
    <Group title={words.about}>
      <Row title={words.version(app.version, app.platform)} help={words.journal(app.journal.records)}>
        {asking ? (
          <Confirm title={words.quitTitle} text={words.quitText} onCancel={() => setAsking(false)}>
            <Button look="danger" onClick={() => void act("app.quit")}>
              {words.quit}
            </Button>
          </Confirm>
        ) : (
          <Button ref={opener} onClick={() => setAsking(true)}>
            {words.quit}
          </Button>
        )}
      </Row>
    </Group>
  );
}
