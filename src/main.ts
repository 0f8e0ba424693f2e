import './cli/compile-cache.ts';

// Loaded now, and not before this file began: so it is found compiled, too.
const { serve } = await import('./cli/serve.ts');
await serve(process.env);
