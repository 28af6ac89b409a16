import type { EventTier } from '../event.ts';
import type { PropertyClass } from '../privacy/property-class.ts';
import type { Catalogue } from './catalogue.ts';
import type { EventKind, PropertyDefinition, PropertyDefinitions } from './event-definition.ts';

/** A property, for people. */
export interface PropertyDescription {
  readonly name: string;
  /** "string", "number", "boolean", or the choices. */
  readonly type: string | readonly string[];
  readonly class: PropertyClass;
  readonly optional: boolean;
  /** Empty: not said. */
  readonly unit: string;
  /** Empty: not said. */
  readonly description: string;
}

/** An event, for people. */
export interface EventDescription {
  readonly name: string;
  readonly kind: EventKind;
  readonly tier: EventTier;
  readonly owner: string;
  readonly description: string;
  readonly properties: readonly PropertyDescription[];
}

/** A catalogue, for people: with every default written out, in the order of names. */
export interface CatalogueDescription {
  readonly events: readonly EventDescription[];
  /** What `setContext` may add to every event. */
  readonly context: readonly PropertyDescription[];
  /** A line a property, in Markdown: for data owners, a wiki, a review. */
  toTable(): string;
}

/** Describes a catalogue for those who answer for the data. `JSON.stringify` makes JSON of it, `toTable` a table. */
export function describeCatalogue(catalogue: Catalogue): CatalogueDescription {
  const events = Object.entries(catalogue.events)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, { kind = 'custom', tier = 'standard', owner, description, properties = {} }]) => ({
      name,
      kind,
      tier,
      owner,
      description,
      properties: describeProperties(properties),
    }));
  const context = describeProperties(catalogue.context).map((property) => ({ ...property, optional: true }));
  return { events, context, toTable: () => table(events, context) };
}

function describeProperties(properties: PropertyDefinitions): PropertyDescription[] {
  return Object.entries(properties).map(([name, definition]) => ({
    name,
    type: definition.type,
    class: definition.class ?? 'public',
    optional: definition.optional ?? false,
    unit: unitOf(definition),
    description: definition.description ?? '',
  }));
}

function unitOf(definition: PropertyDefinition): string {
  return definition.type === 'number' && 'unit' in definition ? (definition.unit ?? '') : '';
}

function table(events: readonly EventDescription[], context: readonly PropertyDescription[]): string {
  const rows = [['event', 'kind', 'tier', 'owner', 'property', 'type', 'class', 'required', 'description']];
  for (const { name, kind, tier, owner, description, properties } of events) {
    rows.push([name, kind, tier, owner, '', '', '', '', description]);
    rows.push(...properties.map((property) => ['', '', '', '', ...propertyCells(property)]));
  }
  if (context.length > 0) {
    rows.push(['(every event)', '', '', '', '', '', '', '', 'set by setContext']);
    rows.push(...context.map((property) => ['', '', '', '', ...propertyCells(property)]));
  }
  return align(rows.map((row) => row.map(cell)));
}

function propertyCells({
  name,
  type,
  class: propertyClass,
  optional,
  unit,
  description,
}: PropertyDescription): string[] {
  const typeText = typeof type === 'string' ? type : type.join(', ');
  return [name, unit === '' ? typeText : `${typeText} (${unit})`, propertyClass, optional ? 'no' : 'yes', description];
}

/** Text that keeps the table whole. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  return lines.join('\n');
}
