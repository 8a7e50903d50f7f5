// Answers of the API are part of this module's signatures: whoever imports the client can use their members.
@_exported public import SandboxAPI
