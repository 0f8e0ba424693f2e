/** A JSON object whose inside is not this service's business. */
export type JsonObject = Record<string, unknown>;

/** Where the nodes of a workflow are drawn, by id of the node. */
export type Positions = Record<string, { x: number; y: number }>;
