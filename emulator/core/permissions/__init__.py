"""IAM as far as roles are concerned: whose credentials a request carries, what it asks for, and whether it may.

authorization_requests.py and each service's calls.py turn a request into actions on resources; documents.py finds the
policies that have a say; authorizer.py has the decisions made by the program that the project's own tests decide with.
"""
