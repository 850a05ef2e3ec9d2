// The documents of `relay.mjs`, for Relay's compiler: it demands that their names begin with this file's.

graphql`
  query customersQuery {
    ...customersPage
  }
`;

graphql`
  fragment customersPage on Query
  @refetchable(queryName: "customersPageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "String" }) {
    customers(first: $first, after: $after) @connection(key: "customersPage_customers") {
      edges {
        node {
          ...customersRow
        }
      }
    }
  }
`;

graphql`
  fragment customersRow on Customer @refetchable(queryName: "customersRowQuery") {
    id
    customerId
    name
  }
`;

graphql`
  mutation customersRenameMutation($input: UpdateCustomerInput!) {
    updateCustomer(input: $input) {
      ... on CustomerPayload {
        customer {
          id
          name
        }
      }
    }
  }
`;

graphql`
  subscription customersChangedSubscription($customerId: ID!) {
    customerChanged(customerId: $customerId) {
      ... on CustomerChange {
        customer {
          ...customersRow
        }
      }
    }
  }
`;
