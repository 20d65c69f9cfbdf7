using Posthorn.Core.Security;

namespace Posthorn.Web.Security;

/// <summary>How the account is guarded, in numbers for the overview.</summary>
public sealed record SecurityState(TwoStepState TwoStep, int Passkeys, int AppPasswords, bool AppsOnly, int Browsers, int Apps);
