import type { CodegenConfig } from '@graphql-codegen/cli';

// Writes the types of each operation in `src/`, from the schema that `npm run schema` has exported.
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['src/*.ts'],
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string', // the page sends texts, and needs no parser
        useTypeImports: true,
        strictScalars: true,
        scalars: { Date: 'string', DateTime: 'string', Decimal: 'string', JSON: 'unknown', Long: 'string' },
      },
    },
  },
};

export default config;
