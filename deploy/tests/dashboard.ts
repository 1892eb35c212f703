// What a dashboard is, by the types of Grafana's Foundation SDK, so far as ours has to do with it: panels of
// three kinds, and queries of Prometheus. The check of `.ci/deep prometheus` puts the dashboard behind this, as
// a `Board`, and compiles it: who misspells a field, or writes a word where a number belongs, is told the line.
import type { Dashboard, FieldConfig, FieldConfigSource, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/prometheus";
import type * as stat from "@grafana/grafana-foundation-sdk/stat";
import type * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import type * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";

type Any<T> = 0 extends 1 & T ? true : false;

/** As it is written: enumerations by their values, and nothing that only the SDK's own code needs. */
type Json<T> = Any<T> extends true ? T
  : T extends string ? `${T}`
  : T extends (infer Each)[] ? Json<Each>[]
  : T extends object ? { [K in keyof T as K extends `_implements${string}` ? never : K]: Json<T[K]> }
  : T;

/** What is left out is as Grafana has it. */
type Partly<T> = T extends (infer Each)[] ? Partly<Each>[] : T extends object ? { [K in keyof T]?: Partly<T[K]> } : T;

type Shown<Kind, Options, Custom> = Json<Omit<Panel, "type" | "datasource" | "targets" | "options" | "fieldConfig">> & {
  type: Kind;
  datasource: Json<Panel["datasource"]>;
  targets: Json<Dataquery>[];
  options: Partly<Json<Options>>;
  fieldConfig: Json<Omit<FieldConfigSource, "defaults">> & {
    defaults: Json<Omit<FieldConfig, "custom">> & { custom?: Partly<Json<Custom>> };
  };
};

type Row = Json<Omit<RowPanel, "type" | "panels">> & { type: "row"; panels: [] };

type Kinds =
  | Row
  | Shown<"stat", stat.Options, never>
  | Shown<"state-timeline", statetimeline.Options, statetimeline.FieldConfig>
  | Shown<"timeseries", timeseries.Options, timeseries.FieldConfig>;

export type Board = Json<Omit<Dashboard, "panels">> & { panels: Kinds[] };

// That it would be told:
type Query = Json<Dataquery>;
// @ts-expect-error
export const misspelt: Query = { expr: "up", legendFormt: "" };
// @ts-expect-error
export const aNumber: Query = { expr: 1 };
// @ts-expect-error
export const noColour: Shown<"stat", stat.Options, never>["options"] = { colorMode: "backgroud" };
