using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Writing;

/// <summary>What stands under one's mail, for each address one sends from.</summary>
/// <remarks>In the preferences under <c>mail.signature.</c> and the address: plain text as a JSON string, else an object of <see cref="Signature"/>.</remarks>
public sealed class Signatures(Preferences preferences)
{
    /// <summary>Characters of one.</summary>
    public const int MaxLength = 4_000;

    /// <summary>Characters of one with its looks.</summary>
    public const int MaxHtmlLength = 16_000;

    private const string KeyPrefix = "mail.signature.";

    /// <summary>By address; addresses without one are left out.</summary>
    internal async ValueTask<IReadOnlyDictionary<string, Signature>> AllAsync(WebSession session, CancellationToken cancel)
    {
        var all = new Dictionary<string, Signature>(StringComparer.OrdinalIgnoreCase);
        if ((await preferences.ListAsync(session.Actor, session.Account.Id, KeyPrefix, cancel)).TryGet(out IReadOnlyList<KeyValuePair<string, string>>? found, out _))
        {
            foreach ((string key, string value) in found)
            {
                if (Signature.Parse(value) is { IsEmpty: false } signature)
                {
                    all[key[KeyPrefix.Length..]] = signature;
                }
            }
        }

        return all;
    }

    /// <summary>Plain text: see <see cref="SetAsync(WebSession, string, Signature, CancellationToken)"/>.</summary>
    internal ValueTask<Result<Done>> SetAsync(WebSession session, string address, string text, CancellationToken cancel) => SetAsync(session, address, new Signature(text), cancel);

    /// <param name="session">Whose.</param>
    /// <param name="address">One that the account sends from.</param>
    /// <param name="signature">An empty text: none. Its HTML is harmless already.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async ValueTask<Result<Done>> SetAsync(WebSession session, string address, Signature signature, CancellationToken cancel)
    {
        Signature kept = signature with { Text = signature.Text.ReplaceLineEndings("\n").Trim() };
        return kept.Text.Length > MaxLength ? new Refusal.Limit("characters of a signature", MaxLength)
            : kept.Html.Length > MaxHtmlLength ? new Refusal.Limit("characters of a signature with its looks", MaxHtmlLength)
            : await preferences.SetAsync(session.Actor, session.Account.Id, KeyPrefix + address.ToLowerInvariant(), kept.IsEmpty ? null : kept.Write(), cancel);
    }
}
