// All operations of the page. `npm run build` writes their types into `gql/`.

import { graphql } from './gql';

export const Row = graphql(`
  fragment Row on Customer {
    customerId
    name
    email
    address
    revision {
      version
    }
  }
`);

export const Start = graphql(`
  query Start {
    streamCursor
    customers(first: 1000, sort: { field: CREATED_AT, direction: DESC }) {
      edges {
        node {
          ...Row
        }
      }
    }
  }
`);

export const One = graphql(`
  query One($customerId: ID!) {
    customer(customerId: $customerId) {
      ...Row
    }
  }
`);

export const Create = graphql(`
  mutation Create($input: CreateCustomerInput!, $eventId: ID!) {
    createCustomer(input: $input, options: { eventId: $eventId }) {
      __typename
      ... on EventRejected {
        problems {
          path
          message
        }
      }
      ... on EventError {
        message
      }
    }
  }
`);

export const Update = graphql(`
  mutation Update($input: UpdateCustomerInput!, $eventId: ID!, $expectedSequence: Int!) {
    updateCustomer(input: $input, options: { eventId: $eventId, expectedSequence: $expectedSequence }) {
      __typename
      ... on EventRejected {
        problems {
          path
          message
        }
      }
      ... on EventError {
        message
      }
    }
  }
`);

export const Changes = graphql(`
  subscription Changes($after: String) {
    customerChanged(after: $after) {
      __typename
      ... on CustomerChange {
        cursor
        customerId
        customer {
          ...Row
        }
      }
      ... on Discontinuity {
        cursor
        reason
      }
    }
  }
`);

export const Events = graphql(`
  subscription Events($after: String) {
    events(types: ["CustomerCreated", "CustomerUpdated"], after: $after) {
      __typename
      ... on EventNotice {
        cursor
        event {
          eventType
          aggregateId
          sequence
        }
      }
      ... on Discontinuity {
        cursor
        reason
      }
    }
  }
`);
