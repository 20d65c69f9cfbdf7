using System.Globalization;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.Web.Help.Device;

/// <summary>Makes profiles: each signed, each with an app password of its own inside, so that a device can be shut out alone.</summary>
internal sealed class DeviceProfiles(IProfileSigner signer, AppPasswords passwords, TimeProvider time)
{
    /// <summary>Names that are tried for the app password: a day has few profiles.</summary>
    private const int MaxNames = AppPasswords.Most;

    /// <param name="actor">The account itself.</param>
    /// <returns>The signed profile; it holds a password that nobody else knows.</returns>
    public async ValueTask<Result<byte[]>> MakeAsync(Actor actor, Account account, MailAppSettings settings, CancellationToken cancel) =>
        (await AddPasswordAsync(actor, account, cancel)).Map(made => signer.Sign(new AppleProfile(account.Address, account.Name, made.Secret, settings).Encode()));

    /// <summary>Named after the day; a second one of that day has a number.</summary>
    private async ValueTask<Result<NewAppPassword>> AddPasswordAsync(Actor actor, Account account, CancellationToken cancel)
    {
        string day = T["Profile, {0}", time.GetUtcNow().ToString("d", CultureInfo.CurrentCulture)];
        Result<NewAppPassword> made = await passwords.AddAsync(actor, account.Id, day, AppScopes.All, null, cancel);
        for (int number = 2; number <= MaxNames && !made.TryGet(out _, out Refusal? refusal) && refusal is Refusal.AlreadyExists; number++)
        {
            made = await passwords.AddAsync(actor, account.Id, string.Create(CultureInfo.InvariantCulture, $"{day} ({number})"), AppScopes.All, null, cancel);
        }

        return made;
    }
}
