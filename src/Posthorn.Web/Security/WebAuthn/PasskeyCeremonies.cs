using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.Web.Security.WebAuthn;

/// <summary>
/// The two ceremonies of WebAuthn: making a passkey, and signing in with one. The framework's handler checks what browsers and authenticators send (Web Authentication
/// Level 3 §7.1 and §7.2); between question and answer its challenge travels in an encrypted cookie of some minutes.
/// </summary>
/// <remarks>
/// Passkeys are kept by the authenticator and verify their user: signing in needs no address, and counts as both steps. Attestation is not asked for: which make of
/// authenticator somebody has is not ours to judge.
/// </remarks>
internal sealed class PasskeyCeremonies
{
    private const string CookieName = "__Host-posthorn-passkey";
    private const string Purpose = "Posthorn.Web.Security.WebAuthn.PasskeyCeremonies";

    /// <summary>Octets of an answer; those of authenticators have some thousand.</summary>
    private const int MaxAnswer = 16 * 1024;

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    private readonly PasskeyHandler<Account> _handler;
    private readonly IDataProtector _protector;
    private readonly TimeProvider _time;

    public PasskeyCeremonies(PasskeyUsers users, IDataProtectionProvider protection, TimeProvider time, IServiceProvider services, ILogger<UserManager<Account>> log)
    {
        var manager = new UserManager<Account>(
            users, Options.Create(new IdentityOptions()), new PasswordHasher<Account>(), [], [], new UpperInvariantLookupNormalizer(), new IdentityErrorDescriber(),
            services, log);
        _handler = new PasskeyHandler<Account>(manager, Options.Create(new IdentityPasskeyOptions
        {
            AuthenticatorTimeout = Timeout,
            UserVerificationRequirement = "required",
            ResidentKeyRequirement = "required",
            AttestationConveyancePreference = "none",
            ValidateOrigin = static context => ValueTask.FromResult(IsOurs(context)),
        }));
        (_protector, _time) = (protection.CreateProtector(Purpose), time);
    }

    /// <summary>Asked of a page of this host. The Origin header says nothing of it: under our policy of referrers browsers send it as null with a form.</summary>
    private static bool IsOurs(PasskeyOriginValidationContext context) => !context.CrossOrigin
        && context.Origin == $"{context.HttpContext.Request.Scheme}://{context.HttpContext.Request.Host}";

    /// <summary>What the browser is to make a passkey by, as JSON.</summary>
    public async Task<string> BeginMakingAsync(HttpContext http, Account account)
    {
        PasskeyCreationOptionsResult options = await _handler.MakeCreationOptionsAsync(
            new PasskeyUserEntity { Id = PasskeyUsers.HandleOf(account.Id), Name = account.Address, DisplayName = account.Name ?? account.Address }, http);
        Keep(http, $"make {account.Id}", options.AttestationState);
        return options.CreationOptionsJson;
    }

    /// <summary>The passkey that was made; null: the answer is none, or not to our question.</summary>
    public async Task<Passkey?> FinishMakingAsync(HttpContext http, Account account, string name, string answer)
    {
        if (Take(http, $"make {account.Id}") is not { } state || answer.Length is 0 or > MaxAnswer)
        {
            return null;
        }

        PasskeyAttestationResult result = await _handler.PerformAttestationAsync(
            new PasskeyAttestationContext { HttpContext = http, CredentialJson = answer, AttestationState = state });
        return result.Succeeded && result.UserEntity.Id == PasskeyUsers.HandleOf(account.Id)
            ? Of(result.Passkey, name, _time.GetUtcNow())
            : null;
    }

    /// <summary>What the browser is to sign in by, as JSON: any passkey of this host.</summary>
    public async Task<string> BeginSigningInAsync(HttpContext http)
    {
        PasskeyRequestOptionsResult options = await _handler.MakeRequestOptionsAsync(null, http);
        Keep(http, "sign in", options.AssertionState ?? "");
        return options.RequestOptionsJson;
    }

    /// <summary>Whose passkey has answered; null: none of ours, or not to our question.</summary>
    public async Task<(Account Account, Passkey Passkey)?> FinishSigningInAsync(HttpContext http, string answer)
    {
        if (Take(http, "sign in") is not { } state || answer.Length is 0 or > MaxAnswer)
        {
            return null;
        }

        PasskeyAssertionResult<Account> result = await _handler.PerformAssertionAsync(
            new PasskeyAssertionContext { HttpContext = http, CredentialJson = answer, AssertionState = state });
        return result.Succeeded ? (result.User, Of(result.Passkey, result.Passkey.Name ?? "", result.Passkey.CreatedAt)) : null;
    }

    private static Passkey Of(UserPasskeyInfo info, string name, DateTimeOffset created) => new(
        info.CredentialId, name, info.PublicKey, info.SignCount, info.Transports ?? [], info.IsUserVerified, info.IsBackupEligible, info.IsBackedUp, created, null);

    private void Keep(HttpContext http, string ceremony, string? state)
    {
        var kept = new Question(ceremony, _time.GetUtcNow() + Timeout, state ?? "");
        http.Response.Cookies.Append(CookieName, _protector.Protect(JsonSerializer.Serialize(kept)), CookieFor(Timeout));
    }

    /// <summary>The state of the question, which is answered once.</summary>
    private string? Take(HttpContext http, string ceremony)
    {
        if (http.Request.Cookies[CookieName] is not { } cookie)
        {
            return null;
        }

        http.Response.Cookies.Delete(CookieName, CookieFor(null));
        try
        {
            Question? question = JsonSerializer.Deserialize<Question>(_protector.Unprotect(cookie));
            return question is not null && question.Ceremony == ceremony && question.Until > _time.GetUtcNow() ? question.State : null;
        }
        catch (Exception failure) when (failure is System.Security.Cryptography.CryptographicException or JsonException)
        {
            // Not ours.
            return null;
        }
    }

    private static CookieOptions CookieFor(TimeSpan? age) =>
        new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = age, IsEssential = true };

    private sealed record Question(string Ceremony, DateTimeOffset Until, string State);
}
