using Posthorn.Core.Access;

namespace Posthorn.Core.Security;

/// <summary>What an app password opens.</summary>
[Flags]
public enum AppScopes
{
    None = 0,
    Imap = 1,
    Pop3 = 2,
    Smtp = 4,
    All = Imap | Pop3 | Smtp,
}

/// <summary>What each scope means: the doors it opens, and the rights behind them.</summary>
public static class AppScopeRules
{
    /// <summary>The scope that a protocol needs; none: no app password serves there.</summary>
    public static AppScopes Of(string protocol) => protocol switch
    {
        "imap" => AppScopes.Imap,
        "pop3" => AppScopes.Pop3,
        "submission" or "smtp" => AppScopes.Smtp,
        _ => AppScopes.None,
    };

    extension(AppScopes scopes)
    {
        /// <summary>Nobody administers by an app password or lets others in by one, and none but SMTP's sends.</summary>
        public bool Allows(Right right) => right switch
        {
            Right.Administer or Right.Share => false,
            Right.Send => scopes.HasFlag(AppScopes.Smtp),
            Right.Read or Right.Lookup or Right.DeleteMessages or Right.Expunge => (scopes & (AppScopes.Imap | AppScopes.Pop3)) != 0,
            _ => scopes.HasFlag(AppScopes.Imap),
        };
    }
}
