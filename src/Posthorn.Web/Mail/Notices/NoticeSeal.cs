using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Notices;

/// <summary>Names of folders in the address of a page: only this server writes them, and only for the person who reads them. A stranger's link could say anything by a name.</summary>
public sealed class NoticeSeal
{
    private const string Purpose = "Posthorn.Web.Mail.Notices.NoticeSeal";

    private readonly IDataProtector _protector;

    private NoticeSeal(IDataProtector protector) => _protector = protector;

    /// <summary>The one of who is signed in.</summary>
    internal static NoticeSeal Of(HttpContext http) => new(http.RequestServices.GetRequiredService<IDataProtectionProvider>()
        .CreateProtector(Purpose, http.Session().Account.Id.Value.ToString(CultureInfo.InvariantCulture)));

    internal string Close(string facts) => _protector.Protect(facts);

    /// <summary>Null: it was not closed with this seal.</summary>
    internal string? Open(string? closed)
    {
        try
        {
            return string.IsNullOrEmpty(closed) ? null : _protector.Unprotect(closed);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
